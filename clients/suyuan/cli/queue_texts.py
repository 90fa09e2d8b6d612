"""What the command says of captures that wait for a network, in English and Chinese."""

from typing import Final

QUEUE_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "queue": ("Captures kept while there is no network.", "断网时暂存的采集内容。"),
    "queue status": (
        "What waits, and what was refused and why.\n\n\b\nExamples:\n  suyuan queue status\n"
        "  suyuan queue status --queue captures.db --json",
        "查看待发内容，以及被拒绝的内容和原因。\n\n\b\n示例：\n  suyuan queue status\n"
        "  suyuan queue status --queue captures.db --json",
    ),
    "queue send": (
        "Send what waits, in its order, each once. What is refused is put apart.",
        "按顺序发送待发内容，每项仅存储一次；被拒绝的单独保留。",
    ),
    "queue retry": ("Let a refused capture wait again.", "将被拒绝的内容重新列入待发。"),
    "queue drop": ("Throw a refused capture away.", "删除被拒绝的内容。"),
    "--offline": (
        "Keep the files to be sent later (suyuan queue send).",
        "暂存文件，稍后用 suyuan queue send 发送。",
    ),
    "--queue": (
        "The file that keeps them; usually captures.db in ~/.local/state/suyuan.",
        "暂存文件；默认为 ~/.local/state/suyuan 中的 captures.db。",
    ),
    "kept": (
        "{file}: kept, to be sent with suyuan queue send.",
        "{file}：已暂存，待 suyuan queue send 发送。",
    ),
    "queue holds": (
        "{waiting} captures wait, {refused} were refused ({path}, {octets} bytes).",
        "待发 {waiting} 项，被拒绝 {refused} 项（{path}，{octets} 字节）。",
    ),
    "queue waits since": ("The first has waited since {since}.", "最早一项自 {since} 起等待。"),
    "queue sent": (
        "{sent} captures sent, {refused} refused, {waiting} wait still.",
        "已发送 {sent} 项，被拒绝 {refused} 项，仍待发 {waiting} 项。",
    ),
    "queue try": (
        "suyuan queue retry NUMBER sends one again, suyuan queue drop NUMBER throws it away.",
        "suyuan queue retry 编号 可重新发送，suyuan queue drop 编号 可删除。",
    ),
    "queue waits again": ("Capture {number} waits again.", "第 {number} 项已重新列入待发。"),
    "queue dropped": ("Capture {number} is gone.", "第 {number} 项已删除。"),
    "not refused": (
        "No refused capture has the number {number}; suyuan queue status lists them.",
        "没有编号为 {number} 的被拒绝内容；可用 suyuan queue status 查看。",
    ),
    "kept at": ("Kept", "暂存时间"),
    "why": ("Why", "原因"),
}
