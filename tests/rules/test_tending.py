"""A database server that ends by itself is started again, soon; one that does not stay, later and later."""

import itertools

from service.db.tending import MOST_SECONDS, STAYS_SECONDS, Tender


class FakeServer:
    """Ends when told to; `refused`: the system starts no program."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.ended = False
        self.stays = True
        self.refused = False
        self.starts: list[float] = []
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def has_ended(self) -> bool:
        return self.ended

    def start_again(self) -> None:
        self.starts.append(self.at)
        if self.refused:
            raise OSError("no room")
        self.ended = not self.stays


def tend(server: FakeServer, tender: Tender, seconds: float) -> None:
    """Ten looks a second."""
    for _ in range(round(seconds * 10)):
        tender.look()
        server.at += 0.1


def test_one_that_has_run_for_long_is_started_again_at_once_and_once() -> None:
    server = FakeServer()
    tender = Tender(server, lambda: server.at)
    tend(server, tender, STAYS_SECONDS + 1)
    assert server.starts == []
    server.ended, died_at = True, server.at
    tend(server, tender, 30)
    assert server.starts == [died_at]
    assert len(server.said) == 1


def test_one_that_does_not_stay_is_tried_no_more_than_once_a_minute_in_the_end() -> None:
    server = FakeServer()
    server.stays, server.ended = False, True
    tender = Tender(server, lambda: server.at)
    tend(server, tender, 3600)
    waits = [later - sooner for sooner, later in itertools.pairwise(server.starts)]
    assert server.starts[0] < 1001
    assert len(server.starts) < 75
    assert all(later > sooner - 0.2 for sooner, later in itertools.pairwise(waits))
    assert min(waits[-10:]) > MOST_SECONDS - 0.2
    server.stays = True
    tend(server, tender, MOST_SECONDS + 1)
    tend(server, tender, STAYS_SECONDS)
    server.ended, died_at = True, server.at
    tend(server, tender, 1)
    assert server.starts[-1] == died_at  # it had stayed: nothing is held against it


def test_where_no_program_can_be_started_it_is_tried_again() -> None:
    server = FakeServer()
    server.ended = server.refused = True
    tender = Tender(server, lambda: server.at)
    tend(server, tender, 2)
    assert len(server.starts) > 1
    assert any("no room" in line for line in server.said)
    server.refused = False
    tend(server, tender, MOST_SECONDS)
    assert not server.ended
