"""Write the interface as it is now for the test that holds the service to it; see `scripts/snapshot`."""

from tests.house.interface import SNAPSHOT, interface

if __name__ == "__main__":
    SNAPSHOT.write_text(interface(), encoding="utf-8")
