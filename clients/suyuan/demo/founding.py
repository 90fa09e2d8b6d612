"""Who takes part in a world: the companies, places and products of each chain."""

from dataclasses import dataclass, field
from typing import Final

from suyuan.demo.dice import Dice
from suyuan.demo.food import FoodMembers
from suyuan.demo.identifiers import FORMS
from suyuan.demo.medicine import MedicineMembers
from suyuan.demo.network import Company, Person, Place, Product, Register
from suyuan.demo.numbers import STRETCHES
from suyuan.demo.produce import Plot, ProduceMembers
from suyuan.demo.words import (
    CITIES,
    GARDENS,
    GIVEN_NAMES,
    LEAF_VEGETABLES,
    MEDICINES,
    PLAINS,
    SURNAMES,
    VILLAGES,
    Town,
)

FOOD_LICENCE: Final = ("食品生产许可证", "SC")
TRADE_LICENCE: Final = ("食品经营许可证", "JY")
#: Shops of a supermarket chain: some, and more in larger worlds.
SHOPS_LEAST: Final = 6
SHOPS_MOST: Final = 60
EVENTS_OF_A_SHOP: Final = 300
SOLE_SHOPS: Final = 2


@dataclass(slots=True)
class Founding:
    """Fills the register, chain by chain, from the seed."""

    seed: int
    #: What else the world differs by from others of its seed; empty for the usual one.
    variant: str = ""
    dice: Dice = field(init=False)
    register: Register = field(init=False)

    def __post_init__(self) -> None:
        self.dice = Dice(self.seed, self.variant, "founding")
        # Worlds of one seed in several sizes can live in one service: they share no numbers.
        offset = Dice(self.variant).below(STRETCHES) if self.variant else 0
        self.register = Register(self.seed + offset, self.dice)

    def authority(self) -> Company:
        """The market regulator of the world; it is registered last and says that a world is complete."""
        town = CITIES[0]
        return self.register.found(
            "authority",
            ("regulator",),
            (f"示范{self.seed}号市场监督管理局", f"Demonstration Market Regulator No. {self.seed}"),
            town,
            authority="11",
            gs1=False,
        )

    # --- food ------------------------------------------------------------------------------------

    def food(self, ordinal: int, events: int) -> FoodMembers:
        """A mill, a saltworks, two factories, two distribution centres, shops for about `events` events."""
        dice, register = self.dice, self.register
        key = f"food-{ordinal}"
        mill_co = self._maker(f"{key}-mill", ("面粉有限公司", "Flour Milling Co., Ltd."), "urn")
        salt_co = self._maker(f"{key}-salt", ("盐业有限公司", "Salt Co., Ltd."), dice.choice(FORMS))
        mill = register.open(f"{key}-mill", mill_co, "mill", ("面粉厂", "flour mill"))
        saltworks = register.open(f"{key}-salt", salt_co, "plant", ("盐场", "saltworks"))
        flour = self._product(
            f"{key}-flour", mill_co, ("特制一等小麦粉", "wheat flour, special grade 1"), "25kg/袋", 365, "KGM"
        )
        salt = self._product(f"{key}-salt", salt_co, ("食用盐", "edible salt"), "50kg/袋", 1095, "KGM")
        factories = tuple(self._factory(f"{key}-noodles-{number}", number) for number in range(2))
        centres = self._centres(key)
        shops = self._shops(key, min(SHOPS_MOST, SHOPS_LEAST + events // EVENTS_OF_A_SHOP))
        return FoodMembers(ordinal, mill, flour, saltworks, salt, factories, centres, shops)

    def _maker(self, key: str, trade: tuple[str, str], form: str) -> Company:
        town = self.dice.choice(PLAINS)
        return self.register.found(key, ("producer",), trade, town, form=form, licence=FOOD_LICENCE)

    def _factory(self, key: str, number: int) -> tuple[Place, Product]:
        trade = ("食品有限公司", "Food Co., Ltd.")
        form = ("link", "own")[number] if self.dice.chance(70) else "urn"
        company = self.register.found(
            key, ("processor",), trade, self.dice.choice(PLAINS), form=form, licence=FOOD_LICENCE
        )
        place = self.register.open(key, company, "plant", ("挂面厂", "noodle plant"))
        name = (("龙须挂面", "dragon-beard noodles"), ("鸡蛋挂面", "egg noodles"))[number]
        return place, self._product(key, company, name, "500g/袋", 300, "EA", standard="LS/T 3212")

    def _product(
        self,
        key: str,
        company: Company,
        name: tuple[str, str],
        specification: str,
        days: int,
        uom: str,
        *,
        standard: str = "",
    ) -> Product:
        return self.register.launch(
            Product(
                key=f"product:{key}",
                company=company,
                category="food",
                name_zh=f"{company.brand_zh}{name[0]}",
                name_en=f"{company.brand_en} {name[1]}",
                specification=specification,
                uom=uom,
                shelf_life_days=days,
                gtin=self.register.next_gtin(company),
                executed_standard=standard,
            )
        )

    def _centres(self, key: str) -> tuple[Place, ...]:
        trade = ("供应链管理有限公司", "Supply Chain Co., Ltd.")
        towns = self.dice.sample(CITIES, 2)
        company = self.register.found(
            f"{key}-distributor", ("distributor",), trade, towns[0], form="link", licence=TRADE_LICENCE
        )
        return tuple(
            self.register.open(
                f"{key}-centre-{number}",
                company,
                "warehouse",
                (f"{town.city_zh}配送中心", f"{town.city_en} distribution centre"),
                town,
            )
            for number, town in enumerate(towns)
        )

    def _shops(self, key: str, count: int) -> tuple[Place, ...]:
        """A supermarket chain's shops, and corner shops of their own; the last has no GS1 number."""
        trade = ("超市有限公司", "Supermarkets Co., Ltd.")
        chain = self.register.found(
            f"{key}-retail",
            ("retailer",),
            trade,
            self.dice.choice(CITIES),
            form=self.dice.choice(FORMS),
            licence=TRADE_LICENCE,
        )
        shops = []
        for number in range(count):
            town = self.dice.choice(CITIES)
            name = (f"{town.city_zh}{number + 1}店", f"{town.city_en} store {number + 1}")
            shops.append(self.register.open(f"{key}-shop-{number}", chain, "shop", name, town))
        for number in range(SOLE_SHOPS):
            sole = self.register.found(
                f"{key}-sole-{number}",
                ("retailer",),
                ("便利店", "Convenience Store"),
                self.dice.choice(CITIES),
                authority="92",
                gs1=number + 1 < SOLE_SHOPS,
            )
            shops.append(self.register.open(f"{key}-sole-{number}", sole, "shop", ("便利店", "corner shop")))
        return tuple(shops)

    # --- medicine --------------------------------------------------------------------------------

    def medicine(self, ordinal: int) -> MedicineMembers:
        """An authorisation holder with its plant, a wholesaler, a hospital, pharmacies."""
        dice, register = self.dice, self.register
        key = f"medicine-{ordinal}"
        holder = register.found(
            f"{key}-holder",
            ("marketing_authorisation_holder", "producer"),
            ("制药股份有限公司", "Pharmaceutical Co., Ltd."),
            dice.choice(PLAINS),
            form=dice.choice(("urn", "link")),
            licence=("药品生产许可证", "YZ"),
        )
        plant = register.open(f"{key}-plant", holder, "plant", ("制药厂", "pharmaceutical plant"))
        pack = self._medicine(f"{key}-pack", holder, ordinal)
        case = self._case_of(pack, holder) if ordinal % 2 == 0 else None
        wholesaler = register.found(
            f"{key}-wholesaler",
            ("wholesaler",),
            ("医药有限公司", "Pharmaceutical Trading Co., Ltd."),
            dice.choice(CITIES),
            form=dice.choice(FORMS),
            licence=("药品经营许可证", "YJ"),
        )
        depot = register.open(f"{key}-depot", wholesaler, "warehouse", ("医药仓库", "medicine depot"))
        return MedicineMembers(ordinal, plant, pack, case, depot, self._dispensers(key))

    def _medicine(self, key: str, holder: Company, ordinal: int) -> Product:
        name_zh, name_en, specification = MEDICINES[(self.seed + ordinal) % len(MEDICINES)]
        year, serial = self.dice.between(2003, 2022), self.dice.between(1001, 4999)
        return self.register.launch(
            Product(
                key=f"product:{key}",
                company=holder,
                category="medicine",
                name_zh=name_zh,
                name_en=name_en,
                specification=specification,
                uom="EA",
                shelf_life_days=730,
                gtin=self.register.next_gtin(holder),
                executed_standard="中国药典2025年版",
                approval_number=f"国药准字H{year}{serial}",
            )
        )

    def _case_of(self, pack: Product, holder: Company) -> Product:
        return self.register.launch(
            Product(
                key=f"{pack.key}-case",
                company=holder,
                category="medicine",
                name_zh=f"{pack.name_zh}（箱）",
                name_en=f"{pack.name_en} (case)",
                specification=f"{pack.specification}×10盒/箱",
                uom="EA",
                shelf_life_days=pack.shelf_life_days,
                gtin=self.register.next_gtin(holder),
                approval_number=pack.approval_number,
            )
        )

    def _dispensers(self, key: str) -> tuple[Place, ...]:
        places = []
        for number, town in enumerate(self.dice.sample(CITIES, 4)):
            hospital = number == 0
            company = self.register.found(
                f"{key}-dispenser-{number}",
                ("hospital",) if hospital else ("pharmacy",),
                ("人民医院", "People's Hospital") if hospital else ("大药房", "Pharmacy"),
                town,
                form=self.dice.choice(FORMS),
                authority="12" if hospital else "91",
                licence=("医疗机构执业许可证", "YL") if hospital else ("药品经营许可证", "YJ"),
            )
            kind = "hospital" if hospital else "pharmacy"
            name = ("药房", "hospital pharmacy") if hospital else ("门店", "branch")
            places.append(self.register.open(f"{key}-dispenser-{number}", company, kind, name))
        return tuple(places)

    # --- farm produce ----------------------------------------------------------------------------

    def produce(self, ordinal: int) -> ProduceMembers:
        """Smallholders and a cooperative without GS1 numbers, a market, two canteens."""
        dice, register = self.dice, self.register
        key = f"produce-{ordinal}"
        garden = dice.choice(GARDENS)
        plots = [self._smallholder(f"{key}-grower-{number}", garden, number) for number in range(3)]
        cooperative = register.found(
            f"{key}-cooperative",
            ("producer",),
            ("蔬菜种植专业合作社", "Vegetable Growers' Cooperative"),
            garden,
            authority="93",
            gs1=False,
        )
        base = register.open(f"{key}-base", cooperative, "field", ("蔬菜基地", "vegetable base"))
        vegetable = dice.choice(LEAF_VEGETABLES)
        plots.append(Plot(base, self._vegetable(f"{key}-base", cooperative, vegetable), plain=True))
        market_co = register.found(
            f"{key}-market",
            ("market",),
            ("农产品批发市场有限公司", "Farm Produce Market Co., Ltd."),
            dice.choice(CITIES),
        )
        market = register.open(f"{key}-market", market_co, "market", ("批发市场", "wholesale market"))
        mixed = self._vegetable(f"{key}-mixed", market_co, ("混装叶菜", "Mixed leaf vegetables"))
        return ProduceMembers(ordinal, tuple(plots), market, mixed, self._canteens(key))

    def _smallholder(self, key: str, garden: Town, number: int) -> Plot:
        """A natural person: no credit code, no GLN; known by a URI that the service mints."""
        dice, register = self.dice, self.register
        surname, given = dice.choice(SURNAMES), dice.choice(GIVEN_NAMES)
        village = dice.choice(VILLAGES)
        person = Person(
            surname[0] + given[0],
            f"{surname[1]} {given[1]}",
            f"+86 {garden.dialling.lstrip('0')} 0{dice.below(10**7):07d}",
            f"grower{dice.below(10**6):06d}@{garden.city_en.lower().replace(' ', '')}.example",
        )
        label = f"{village[0]}{dice.between(1, 98)}号"
        grower = register.settle(
            Company(
                key=f"party:{key}",
                roles=("producer",),
                name_zh=f"{garden.city_zh}{label}农户{person.name_zh}",
                name_en=f"{person.name_en}, smallholder, {village[1]}, {garden.city_en}",
                brand_zh=f"{village[0]}{person.name_zh}",
                brand_en=f"{village[1]} {person.name_en}",
                town=garden,
                address=f"{garden.province_zh}{garden.name_zh}{label}",
                uscc="",
                gln="",
                prefix="",
                form="link",
                domain="",
                representative=person,
                quality=person,
            )
        )
        field_ = register.open(key, grower, "field", (f"菜地{number + 1}", f"plot {number + 1}"))
        return Plot(field_, self._vegetable(key, grower, dice.choice(LEAF_VEGETABLES)))

    def _vegetable(self, key: str, grower: Company, name: tuple[str, str]) -> Product:
        return self.register.launch(
            Product(
                key=f"product:{key}",
                company=grower,
                category="agricultural",
                name_zh=f"{grower.brand_zh}{name[0]}",
                name_en=f"{grower.brand_en} {name[1].replace('_', ' ')}",
                specification="散装 loose",
                uom="KGM",
                shelf_life_days=5,
            )
        )

    def _canteens(self, key: str) -> tuple[Place, ...]:
        trades = (("实验中学", "Experimental Middle School"), ("餐饮管理有限公司", "Catering Co., Ltd."))
        places = []
        for number, trade in enumerate(trades):
            company = self.register.found(
                f"{key}-canteen-{number}",
                ("caterer",),
                trade,
                self.dice.choice(CITIES),
                authority=("12", "91")[number],
                licence=TRADE_LICENCE,
            )
            places.append(
                self.register.open(f"{key}-canteen-{number}", company, "canteen", ("食堂", "canteen"))
            )
        return tuple(places)
