"""Reports as PDF: both languages can be read back, with whatever font; the same report, the same octets."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest

from service.reports import fonts
from service.reports.paper import Facts, Heading, Paper, Table, Text, Words, fact, paper_json
from service.reports.paper_pdf import paper_pdf

PAPER = Paper(
    Words("召回计划", "Recall plan"),
    "2026-000007",
    datetime(2026, 3, 1, 0, 30, tzinfo=UTC),
    [
        Heading(Words("1. 责任主体", "Responsible party")),
        Facts(
            [
                fact("名称", "Name", Words("福州茶厂", "Fuzhou Tea Works"), "name"),
                fact("费用", "Costs", None, "costs"),
                fact("危害", "Harm", "a < b & c > d", "harm"),
            ]
        ),
        Heading(Words("2. 涉及产品", "Goods")),
        Text(Words("以下批次。", "These lots.")),
        Table(
            [Words("批号", "Lot"), Words("品牌", "Brand")],
            [[f"L{number}", "华麦鼎盛 Huamai Dingsheng"] for number in range(120)],
            [1, 3],
            note=Words("另有 5 行未列出。", "5 more rows are not shown."),
        ),
    ],
)


@pytest.fixture(params=["embedded", "brought along"])
def font(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With a font of this machine, and without any."""
    if request.param == "brought along":
        monkeypatch.setattr(fonts, "KNOWN", ())
    elif not any(Path(path).is_file() for path in fonts.KNOWN):
        pytest.skip("SKIPPED: no font of this machine can be embedded. 本机没有可嵌入的字体。")
    return fonts.report_font()


def pages(content: bytes) -> list[str]:
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def test_a_report_says_the_same_on_paper(font: str) -> None:
    told = pages(paper_pdf(PAPER))
    assert len(told) > 2
    for number, text in enumerate(told, 1):
        for part in ("召回计划 Recall plan", "2026-000007", "2026-03-01 08:30 +08:00"):
            assert part in text
        assert f"第 {number} 页，共 {len(told)} 页" in text
        assert f"Page {number} of {len(told)}" in text
    whole = "\n".join(told)
    for part in (
        "福州茶厂",
        "Fuzhou Tea Works",
        "L119",
        "Huamai Dingsheng",
        "另有 5 行未列出。",
        "a < b & c > d",
    ):
        assert part in whole, part
    assert "缺，未填写 MISSING, not stated" in whole
    # The heads of a table stand on each of its pages.
    assert all("Brand" in text for text in told)


def test_the_same_report_is_the_same_octets(font: str) -> None:
    assert paper_pdf(PAPER) == paper_pdf(PAPER)


def test_a_font_that_cannot_be_embedded_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    assert fonts._register((str(broken), str(tmp_path / "absent.ttf"))) == fonts.BROUGHT_ALONG


def test_a_report_in_json_names_what_is_missing() -> None:
    told = paper_json(PAPER)
    assert told["missing"] == ["costs"]
    assert [section["heading_en"] for section in told["sections"]] == ["Responsible party", "Goods"]
    (costs,) = [one for one in told["sections"][0]["parts"][0]["facts"] if one["key"] == "costs"]
    assert costs["missing"]
    assert len(told["sections"][1]["parts"][1]["rows"]) == 120
