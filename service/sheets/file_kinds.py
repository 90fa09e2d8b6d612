"""What a file is by its first octets, and what to do with one that is no workbook read here. Pure.

Sources: PKWARE's APPNOTE 4.3 (ZIP), MS-CFB 2.2 (the older binary workbooks), MS-OFFCRYPTO 2.3 (workbooks
locked with a password are such a file with a stream `EncryptedPackage`), RFC 2781 (UTF-16).
"""

import re
from typing import IO, Final

from service.errors import Malformed

_COMPOUND: Final = bytes.fromhex("D0CF11E0A1B11AE1")
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")
_MARKUP: Final = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|\?xml|table|meta|head|style)", re.IGNORECASE
)
_OTHERS: Final = (
    (b"%PDF", "a PDF", "PDF 文件"),
    (b"\x89PNG", "a picture", "图片"),
    (b"\xff\xd8\xff", "a picture", "图片"),
    (b"GIF8", "a picture", "图片"),
    (b"Rar!", "an archive", "压缩包"),
    (b"7z\xbc\xaf", "an archive", "压缩包"),
    (b"\x1f\x8b", "an archive", "压缩包"),
    (b"{\\rtf", "a text document", "文字文档"),
)
#: Octets that are looked at.
HEAD: Final = 4096
_PIECE: Final = 1024 * 1024


def kind_of(file: IO[bytes], name: str) -> str:
    """`xlsx` (a ZIP of some kind) or `csv` (some text); the file stands at its start afterwards.

    Raises `Malformed` that says what the file is, and what to do with it.
    """
    file.seek(0)
    head = file.read(HEAD)
    if not head.strip():
        raise refusal(name, "the file is empty", "文件是空的")
    if head.startswith(b"PK"):
        file.seek(0)
        return "xlsx"
    if head.startswith(_COMPOUND):
        raise _of_compound(file, name)
    if _MARKUP.match(head):
        raise refusal(
            name,
            "this is a web page or XML under a spreadsheet's name, as some systems export it",
            "这是网页或 XML，只是用了表格的扩展名（部分系统如此导出）",
        )
    for mark, what, what_zh in _OTHERS:
        if head.startswith(mark):
            raise refusal(name, f"this is {what}, no spreadsheet", f"这是{what_zh}，不是表格")
    file.seek(0)
    return "csv"


def refusal(name: str, what: str, what_zh: str) -> Malformed:
    """The file is nothing that is read here. `what`: what it is."""
    return Malformed.field(
        "file",
        name,
        f"{name}: {what}; open it in Excel or WPS and save it as .xlsx, or as CSV.",
        f"{name}：{what_zh}；请用 Excel 或 WPS 打开，另存为 .xlsx 或 CSV 后上传。",
        "sheets:kind",
    )


def _of_compound(file: IO[bytes], name: str) -> Malformed:
    file.seek(0)
    before = b""
    while piece := file.read(_PIECE):
        if _LOCKED in before + piece:
            return Malformed.field(
                "file",
                name,
                f"{name}: the workbook is locked with a password; save it without one and send it again.",
                f"{name}：工作簿设有打开密码；请取消密码后另存，再上传。",
                "sheets:password",
            )
        before = piece[-len(_LOCKED) :]
    return refusal(
        name, "this is a workbook in the old binary form (.xls)", "这是旧版二进制工作簿（.xls 或 .et）"
    )
