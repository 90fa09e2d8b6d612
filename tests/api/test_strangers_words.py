"""What somebody with a key tries against another's chain, from his own places."""

import httpx

from tests.api.parties import joined
from tests.api.partnering import tell
from tests.world import check_digit, sell

OWN_GLN = "690123400000"


async def test_a_place_is_its_owners_by_whatever_number_an_event_names_it(client: httpx.AsyncClient) -> None:
    maker, key = await joined(client, "maker", uscc="91350100M000100Y43")
    _, rival = await joined(client, "rival")
    site = (await client.post("/v1/sites", json={"name_zh": "仓库"}, headers=key)).json()["id"]
    numbers = [f"{OWN_GLN}{check_digit(OWN_GLN)}", f"690123400001{check_digit('690123400001')}"]
    for path, number in ((f"/v1/sites/{site}", numbers[0]), (f"/v1/parties/{maker}", numbers[1])):
        answer = await client.patch(path, json={"gln": number}, headers=key)
        assert answer.is_success, answer.text
    names = (f"414/{numbers[0]}", f"414/{numbers[0]}/254/dock", f"417/{numbers[1]}", f"415/{numbers[1]}")
    for name in names:
        sold = sell("X1=5", read=f"https://id.gs1.org/{name}", on=1)
        assert (await tell(client, rival, sold)).status_code == 403, name
        assert (await tell(client, key, sold)).status_code == 201, name
