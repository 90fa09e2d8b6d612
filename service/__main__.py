"""`python -m service` and `suyuan-service`."""

import gc


def main() -> None:
    """The command. Nothing that is imported becomes garbage: looking for some takes a tenth of the start."""
    gc.disable()
    from service.cli import main as run

    gc.enable()
    run()


if __name__ == "__main__":
    main()
