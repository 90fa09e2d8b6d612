"""What the command says of spreadsheets, and of the shell's completion, in English and Chinese."""

from typing import Final

IMPORT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "completion": (
        "Print the script by which the Tab key knows the commands and options.\n\n"
        "\b\nExamples:\n"
        "  suyuan completion bash > ~/.local/share/bash-completion/completions/suyuan\n"
        '  suyuan completion zsh > "${fpath[1]}/_suyuan"\n'
        "  suyuan completion fish > ~/.config/fish/completions/suyuan.fish\n"
        '  eval "$(suyuan completion bash)"    # for this terminal only',
        "输出补全脚本，使 Tab 键能补全命令和选项。\n\n"
        "\b\n示例：\n"
        "  suyuan completion bash > ~/.local/share/bash-completion/completions/suyuan\n"
        '  suyuan completion zsh > "${fpath[1]}/_suyuan"\n'
        "  suyuan completion fish > ~/.config/fish/completions/suyuan.fish\n"
        '  eval "$(suyuan completion bash)"    # 仅当前终端',
    ),
    "SHELL": ("bash, zsh or fish.", "bash、zsh 或 fish。"),
}
