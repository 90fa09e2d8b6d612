"""A page token continues the list that gave it out, and no other."""

import httpx
import pytest

from tests.api.querying import capture, next_token
from tests.api.registering import (
    FIRM_GLN,
    PLACE_GLN,
    refused,
    register,
    register_batch,
    register_party,
    register_product,
)

LISTS = ("parties", "sites", "products", "batches")


async def two_of_each(client: httpx.AsyncClient) -> None:
    firm = await register_party(client)
    await register(client, "parties", name_en="Second")
    for gln in (FIRM_GLN, PLACE_GLN):
        await register(client, "sites", name_en=gln, gln=gln, party_id=firm["id"])
    await register_product(client)
    await register_product(client, gtin="06901234567908")
    for lot in ("L1", "L2"):
        await register_batch(client, lot)


async def token_of(client: httpx.AsyncClient, path: str) -> str:
    page = (await client.get(path, params={"limit": 1})).json()
    assert len(page["items"]) == 1
    token: str = page["next_page"]
    return token


async def test_a_page_token_continues_no_other_list(client: httpx.AsyncClient) -> None:
    await two_of_each(client)
    tokens = {noun: await token_of(client, f"/v1/{noun}") for noun in LISTS}
    for noun, token in tokens.items():
        for other in LISTS:
            if other == noun:
                answer = await client.get(f"/v1/{other}", params={"page": token})
                assert answer.json()["items"], noun
            else:
                fault = await refused(client, "GET", f"/v1/{other}?page={token}")
                assert (fault["field"], fault["value"]) == ("page", token)


async def test_the_serial_numbers_of_another_batch_are_not_continued(client: httpx.AsyncClient) -> None:
    await two_of_each(client)
    first, second = (row["id"] for row in (await client.get("/v1/batches")).json()["items"])
    for batch, serials in ((first, "AB"), (second, "CD")):
        answer = await client.post(f"/v1/batches/{batch}/serials", json={"serials": list(serials)})
        assert answer.status_code == 201, answer.text
    token = await token_of(client, f"/v1/batches/{first}/serials")
    await refused(client, "GET", f"/v1/batches/{second}/serials?page={token}")


@pytest.mark.parametrize("other", ["dispositions", "epcs", "events"])
async def test_names_of_another_list_are_not_continued(client: httpx.AsyncClient, other: str) -> None:
    await capture(client)
    token = next_token(await client.get("/epcis/bizSteps?perPage=1"))
    assert (await client.get(f"/epcis/bizSteps?nextPageToken={token}")).status_code == 200
    fault = await refused(client, "GET", f"/epcis/{other}?nextPageToken={token}")
    assert fault["field"] == "nextPageToken"
