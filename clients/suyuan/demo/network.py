"""Who there is in the demo world: companies, their places and products, as the registry takes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from suyuan.demo.dice import Dice
from suyuan.demo.numbers import company_prefix, gln_of, gtin_of, uscc_of
from suyuan.demo.words import BRANDS, GIVEN_NAMES, STREETS, SURNAMES, Town

#: Where things without a GS1 number live until a service has minted their URI.
PLACEHOLDER: Final = "https://demo.suyuan.example"

#: Key of a party, site or product -> the URI a service minted for it.
Uris = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Person:
    """A responsible person. Local telephone numbers never begin with 0, so these ring nowhere."""

    name_zh: str
    name_en: str
    phone: str
    email: str

    def payload(self) -> dict[str, Any]:
        """As a party's `legal_representative` or `quality_manager`."""
        return {"name": f"{self.name_zh} {self.name_en}", "phone": self.phone, "email": self.email}


@dataclass(frozen=True, slots=True)
class Company:
    """A party. `uscc`, `gln`, `prefix` are empty where it has none. `form`: how its systems write
    identifiers (`urn`, `link`, or `own`: Digital Links under its own domain)."""

    key: str
    roles: tuple[str, ...]
    name_zh: str
    name_en: str
    brand_zh: str
    brand_en: str
    town: Town
    address: str
    uscc: str
    gln: str
    prefix: str
    form: str
    domain: str
    representative: Person
    quality: Person
    licences: tuple[tuple[str, str, str], ...] = ()

    def uri(self, uris: Uris) -> str:
        """The party's canonical URI."""
        if self.gln:
            return f"https://id.gs1.org/417/{self.gln}"
        return uris.get(self.key) or f"{PLACEHOLDER}/party/{self.uscc or self.key.replace(':', '-')}"

    def payload(self, _uris: Uris) -> dict[str, Any]:
        """As `POST /v1/parties` takes it."""
        body: dict[str, Any] = {
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "roles": list(self.roles),
            "region": self.town.region,
            "address": self.address,
            "legal_representative": self.representative.payload(),
            "quality_manager": self.quality.payload(),
            "contacts": [{**self.quality.payload(), "purpose": "recall"}],
            "licences": [
                {
                    "kind": kind,
                    "number": number,
                    "issuer": issuer,
                    "valid_from": "2024-01-01",
                    "valid_until": "2028-12-31",
                }
                for kind, number, issuer in self.licences
            ],
        }
        if self.uscc:
            body["uscc"] = self.uscc
        if self.gln:
            body["gln"] = self.gln
        return body


@dataclass(frozen=True, slots=True)
class Place:
    """A site of a company."""

    key: str
    company: Company
    kind: str
    name_zh: str
    name_en: str
    town: Town
    address: str
    gln: str

    def uri(self, uris: Uris) -> str:
        """The site's canonical URI."""
        if self.gln:
            return f"https://id.gs1.org/414/{self.gln}"
        return uris.get(self.key) or f"{PLACEHOLDER}/site/{self.key.replace(':', '-')}"

    def payload(self, uris: Uris) -> dict[str, Any]:
        """As `POST /v1/sites` takes it."""
        body: dict[str, Any] = {
            "party": self.company.uri(uris),
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "kind": self.kind,
            "region": self.town.region,
            "address": self.address,
        }
        if self.gln:
            body["gln"] = self.gln
        return body


@dataclass(frozen=True, slots=True)
class Product:
    """A trade item. `gtin` is empty for growers without one. `uom`: UN/ECE Rec 20."""

    key: str
    company: Company
    category: str
    name_zh: str
    name_en: str
    specification: str
    uom: str
    shelf_life_days: int
    gtin: str = ""
    executed_standard: str = ""
    approval_number: str = ""

    def uri(self, uris: Uris) -> str:
        """The product's canonical URI."""
        if self.gtin:
            return f"https://id.gs1.org/01/{self.gtin}"
        return uris.get(self.key) or f"{PLACEHOLDER}/product/{self.key.replace(':', '-')}"

    def payload(self, uris: Uris) -> dict[str, Any]:
        """As `POST /v1/products` takes it."""
        body: dict[str, Any] = {
            "party": self.company.uri(uris),
            "category": self.category,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "brand": f"{self.company.brand_zh} {self.company.brand_en}",
            "specification": self.specification,
            "shelf_life_days": self.shelf_life_days,
        }
        for name in ("gtin", "executed_standard", "approval_number"):
            if value := getattr(self, name):
                body[name] = value
        return body


@dataclass(slots=True)
class Register:
    """Founds companies, opens places, launches products: the world's directory, in order."""

    #: Which stretch of the number space the world takes its company prefixes from.
    stretch: int
    dice: Dice
    companies: list[Company] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    _prefixes: int = 0
    _items: dict[str, int] = field(default_factory=dict)
    _glns: dict[str, int] = field(default_factory=dict)
    _names: set[str] = field(default_factory=set)

    def found(
        self,
        key: str,
        roles: tuple[str, ...],
        trade: tuple[str, str],
        town: Town,
        *,
        form: str = "link",
        authority: str = "91",
        gs1: bool = True,
        licence: tuple[str, str] | None = None,
    ) -> Company:
        """A company of a trade (`("面粉有限公司", "Flour Co., Ltd.")`) in a town.

        `authority`: first two characters of the credit code, empty for none; `gs1`: has a company prefix.
        """
        brand_zh, brand_en = self._new_brand(town, trade[0])
        prefix = ""
        if gs1:
            prefix = company_prefix(self.stretch, self._prefixes)
            self._prefixes += 1
        domain = f"{_plain(brand_en)}-{_plain(town.city_en)}.example"
        organisation = self.dice.between(10_000_000, 99_999_999)
        company = Company(
            key=f"party:{key}",
            roles=roles,
            name_zh=f"{town.city_zh}{brand_zh}{trade[0]}",
            name_en=f"{town.city_en} {brand_en} {trade[1]}",
            brand_zh=brand_zh,
            brand_en=brand_en,
            town=town,
            address=self.address(town),
            uscc=uscc_of(authority, town.region, organisation) if authority else "",
            gln=gln_of(prefix, 0) if prefix else "",
            prefix=prefix,
            form=form,
            domain=domain,
            representative=self.person(town, domain),
            quality=self.person(town, domain),
            licences=self._licences(licence, town),
        )
        self.companies.append(company)
        return company

    def settle(self, company: Company) -> Company:
        """Take a company that was described elsewhere into the directory."""
        self.companies.append(company)
        return company

    def open(
        self,
        key: str,
        company: Company,
        kind: str,
        name: tuple[str, str],
        town: Town | None = None,
        *,
        gs1: bool = True,
    ) -> Place:
        """A place of a company, with a GLN where the company can give one."""
        town = town or company.town
        number = self._glns.get(company.key, 0) + 1
        self._glns[company.key] = number
        place = Place(
            key=f"site:{key}",
            company=company,
            kind=kind,
            name_zh=f"{company.brand_zh}{name[0]}",
            name_en=f"{company.brand_en} {name[1]}",
            town=town,
            address=company.address if town is company.town else self.address(town),
            gln=gln_of(company.prefix, number) if company.prefix and gs1 else "",
        )
        self.places.append(place)
        return place

    def launch(self, product: Product) -> Product:
        """Take a product into the directory."""
        self.products.append(product)
        return product

    def next_gtin(self, company: Company) -> str:
        """The next GTIN of a company."""
        item = self._items.get(company.key, 0)
        self._items[company.key] = item + 1
        return gtin_of(company.prefix, item)

    def person(self, town: Town, domain: str) -> Person:
        """Somebody who does not exist."""
        surname, given = self.dice.choice(SURNAMES), self.dice.choice(GIVEN_NAMES)
        local = f"{_plain(given[1])}.{_plain(surname[1])}"
        return Person(
            name_zh=surname[0] + given[0],
            name_en=f"{surname[1]} {given[1]}",
            phone=f"+86 {town.dialling.lstrip('0')} 0{self.dice.below(10**7):07d}",
            email=f"{local}@{domain}",
        )

    def address(self, town: Town) -> str:
        """A street and number in a town."""
        street = self.dice.choice(STREETS)[0]
        return f"{town.province_zh}{town.name_zh}{street}{self.dice.between(1, 399)}号"

    def _licences(self, licence: tuple[str, str] | None, town: Town) -> tuple[tuple[str, str, str], ...]:
        if licence is None:
            return ()
        kind, letters = licence
        number = f"{letters}{self.dice.between(101, 139)}{town.region}{self.dice.below(10**5):05d}"
        return ((kind, number, f"{town.city_zh}市场监督管理局"),)

    def _new_brand(self, town: Town, trade: str) -> tuple[str, str]:
        """A brand whose company name nobody in this world has yet: two brand words are joined if need be."""
        while True:
            first, second = self.dice.choice(BRANDS), self.dice.choice(BRANDS)
            joined = self.dice.chance(40) or len(self._names) > len(BRANDS)
            brand = (first[0] + second[0], f"{first[1]} {second[1]}") if joined else first
            name = f"{town.city_zh}{brand[0]}{trade}"
            if name not in self._names:
                self._names.add(name)
                return brand


def _plain(name: str) -> str:
    """A name as part of a host name: ASCII letters and digits only."""
    return "".join(sign for sign in name.lower().replace("ü", "u") if sign.isascii() and sign.isalnum())
