"""`python -m service` is `suyuan-service`."""

from service.cli import main

main()
