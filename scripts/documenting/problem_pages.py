"""What is refused, and how: the table of errors as a page."""

from http import HTTPStatus

from scripts.documenting.markdown import cell, code, table
from service.web.problems import PROBLEMS

EXAMPLE = """\
```json
{
  "type": "epcisException:ValidationException",
  "title": "The input breaks a rule",
  "status": 400,
  "detail": "gtin: The check digit of 06901234567890 is wrong; it should be 06901234567892.",
  "detail_zh": "gtin：06901234567890 的校验码有误；应为 06901234567892。",
  "errors": [{"field": "gtin", "value": "06901234567890", "message": "…", "message_zh": "…"}]
}
```
"""
HEAD = """\
# Problems 错误

Every refusal is `application/problem+json` (RFC 9457; `application/problem+xml` for who asks for XML).
`type` names the exception of EPCIS 2.0, `detail` and `detail_zh` say what is wrong, `errors` names each
field, its value and what would be right. Nothing of a refused request is stored, unless it says so.

被拒绝的请求一律返回 `application/problem+json`：`detail_zh` 说明原因，
`errors` 逐项指出字段、所给的值和正确的写法。除非另有说明，被拒绝的请求不会存储任何内容。

"""
AFTER = """
429 and 503 carry `Retry-After`, in seconds. 404 also stands for what a caller may not see. Anything else is
500: a defect of the service, which is logged. In Python: [exceptions of the client](client.md#errors).
"""


def page() -> str:
    """The page."""
    rows = [
        (
            str(status),
            HTTPStatus(status).phrase,
            code(f"epcisException:{name}"),
            title,
            cell(kind.__doc__ or ""),
        )
        for kind, (status, name, title) in PROBLEMS.items()
    ]
    return HEAD + EXAMPLE + "\n" + table(("status", "", "type", "title", "when"), sorted(rows)) + AFTER
