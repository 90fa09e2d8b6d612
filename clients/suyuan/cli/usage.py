"""Wrong usage, said in the language of the locale."""

import re
import sys
from collections.abc import Sequence
from typing import Any, Final

from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from suyuan.cli.texts import chinese, text

#: What the command line's library says -> the same in Chinese. What is not here stays in English.
IN_CHINESE: Final = tuple(
    (re.compile(english, re.DOTALL), other)
    for english, other in (
        (r"No such command '(.*)'\. Did you mean (.*)\?", r"没有命令 \1，是否指 \2？"),
        (r"No such command '(.*)'\.", r"没有命令 \1。"),
        (r"No such option: (\S+) \(Possible options: (.*)\)", r"没有选项 \1，可能是 \2。"),
        (r"No such option: (\S+)", r"没有选项 \1。"),
        (r"Missing command\.", "缺少命令。"),
        (r"Missing argument '(.*)'\.", r"缺少参数 \1。"),
        (r"Missing argument '(.*)'\. Choose from:\s*(.*)", r"缺少参数 \1，可选：\2。"),
        (r"Invalid value for (.*): Value error, (.*) is not one of (.*)\.", r"\1 不能是 \2，可选：\3。"),
        (r"Missing option (.*)\.", r"缺少选项 \1。"),
        (r"Option '(.*)' requires an argument\.", r"选项 \1 需要一个值。"),
        (r"Option '(.*)' does not take a value\.", r"选项 \1 不带值。"),
        (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", r"多余的参数：\1。"),
        (r"Invalid value for (.*): Input should be a valid (?:integer|number)\b.*", r"\1 应为数字。"),
        (r"Invalid value for (.*): Input should be greater than or equal to (\S+)", r"\1 不能小于 \2。"),
        (r"Invalid value for (.*): Input should be less than or equal to (\S+)", r"\1 不能大于 \2。"),
    )
)


#: The same of the help of commands: headings, and words of the library in what it lists.
HEADINGS: Final = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}
WORDS: Final = (
    ("Show this message and exit.", "显示本说明后退出。"),
    ("[required]", "[必填]"),
    ("[default: ", "[默认 "),
    ("; required]", "；必填]"),
    ("[OPTIONS] COMMAND [ARGS]...", "[选项] 命令 [参数]..."),
    ("[OPTIONS]", "[选项]"),
)
#: What lays out help, as the library has it.
Layout: Final[Any] = TyperGroup.context_class.formatter_class


def _layout_in_chinese() -> Any:
    def write_usage(self: Any, prog: str, args: str = "", prefix: str | None = None) -> None:
        Layout.write_usage(self, prog, _words_in_chinese(args), "用法：" if prefix is None else prefix)

    def write_heading(self: Any, heading: str) -> None:
        Layout.write_heading(self, HEADINGS.get(heading, heading))

    def write_dl(self: Any, rows: Sequence[tuple[str, str]], *widths: int, **more: int) -> None:
        told = [(name, _words_in_chinese(what)) for name, what in rows]
        Layout.write_dl(self, told, *widths, **more)

    ours = {"write_usage": write_usage, "write_heading": write_heading, "write_dl": write_dl}
    return type("LayoutInChinese", (Layout,), ours)


def _words_in_chinese(told: str) -> str:
    for english, other in WORDS:
        told = told.replace(english, other)
    return told


LayoutInChinese: Final[Any] = _layout_in_chinese()


class Commands(TyperGroup):
    """The command `suyuan`, which tells wrong usage itself."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run the command and leave the process with its exit code; not `standalone_mode`: return it."""
        # All commands are laid out by what their contexts name.
        TyperGroup.context_class.formatter_class = LayoutInChinese if chinese() else Layout
        if not standalone_mode:
            return super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        try:
            code = super().main(args, prog_name, complete_var, False, windows_expand_args, **extra)
        except TyperException as error:
            tell_usage(error)
            sys.exit(error.exit_code)
        except Abort:
            print(text("aborted"), file=sys.stderr)
            sys.exit(1)
        sys.exit(code or 0)


def tell_usage(error: TyperException) -> None:
    """Say on stderr what is wrong, and how the command is used."""
    context: Any = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None:
        print(text("wrong", message=in_our_language(message)), file=sys.stderr)
    elif message == context.get_help():  # a group was called without a command
        print(message, file=sys.stderr)
    else:
        print(
            text("usage", line=context.get_usage().removeprefix("Usage: ").removeprefix("用法：")),
            file=sys.stderr,
        )
        print(text("try help", command=f"{context.command_path} --help") + "\n", file=sys.stderr)
        print(text("wrong", message=in_our_language(message)), file=sys.stderr)


def in_our_language(message: str) -> str:
    """A message of the library as the locale wants it."""
    found = ((pattern.fullmatch(message), other) for pattern, other in IN_CHINESE) if chinese() else ()
    return next((match.expand(other) for match, other in found if match), message)
