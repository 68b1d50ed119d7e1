"""Products by the dozen: names, prices and stock as a shop would have them, from dice."""

from decimal import Decimal
from random import Random
from typing import NamedTuple

from items.models import Category
from items.seeds.catalogue import Product

# Of a hundred products.
OUT_OF_STOCK = 12
UNSORTED = 2
UNDESCRIBED = 20

# How far prices of one kind of thing lie apart: two thirds are within a factor of 1.5 of the usual.
SPREAD = 0.4
ENDINGS = (Decimal("0.99"), Decimal("0.95"), Decimal("0.90"), Decimal("0.49"), Decimal("0.29"))

MAKERS = (
    "Alder", "Ashby", "Bellwether", "Birch & Co", "Blue Heron", "Brightside", "Calder", "Cobalt", "Copperfield",
    "Dovetail", "Eastgate", "Elm Street", "Fairweather", "Fernhill", "Foxglove", "Granary", "Harbour", "Hazel",
    "Ironwood", "Juniper", "Kestrel", "Larkspur", "Linden", "Marlow", "Meridian", "Nordlys", "Oakridge", "Otter",
    "Pemberton", "Quayside", "Redwing", "Sable", "Tamarind", "Thistle", "Umber", "Vesper", "Willow", "Yarrow",
)  # fmt: skip


class Range(NamedTuple):
    """The things of one category: each with its usual price, in the sorts and sizes that they come in."""

    weight: int
    things: tuple[tuple[str, float], ...]
    sorts: tuple[str, ...]
    sizes: tuple[str, ...]
    remarks: tuple[str, ...]


RANGES = {
    Category.GROCERY: Range(
        24,
        (("muesli", 5), ("honey", 8), ("green tea", 6), ("black beans", 2), ("tomato passata", 2),
         ("basmati rice", 4), ("dark chocolate", 3), ("dried apricots", 5), ("crackers", 3), ("peanut butter", 5),
         ("red lentils", 3), ("couscous", 3), ("sea salt", 2), ("ground coffee", 9)),
        ("organic", "classic", "fair-trade", "family", "country", "golden", "traditional", "mild", "finest"),
        ("250 g", "400 g", "500 g", "750 g", "1 kg", "pack of 3", "pack of 6"),
        ("Store in a cool and dry place.", "Vegan.", "May contain traces of nuts.", "No palm oil.",
         "From growers whom we know by name.", "Best within a week once opened."),
    ),
    Category.HOUSEHOLD: Range(
        16,
        (("floor cleaner", 5), ("sponges", 3), ("bin bags", 4), ("glass bowl", 12), ("cutting board", 24),
         ("broom", 15), ("laundry basket", 28), ("napkins", 3), ("clothes pegs", 5), ("saucepan", 45),
         ("mixing bowl", 18), ("mug", 9)),
        ("everyday", "heavy-duty", "compact", "recycled", "enamel", "white", "slate grey", "stackable", "plain"),
        ("small", "medium", "large", "set of 2", "set of 4", "set of 6", "XL"),
        ("Dishwasher-safe.", "Wipe clean with a damp cloth.", "Refills are on sale.", "Made from recycled material.",
         "Two years of guarantee.", "Fits any cupboard."),
    ),
    Category.ELECTRONICS: Range(
        14,
        (("charging cable", 14), ("power bank", 39), ("earbuds", 59), ("smart plug", 19), ("webcam", 69),
         ("keyboard", 79), ("mouse", 34), ("speaker", 89), ("LED bulb", 8), ("memory card", 25), ("monitor", 219),
         ("router", 99)),
        ("wireless", "compact", "pro", "travel", "quiet", "slim", "solar", "rugged", "basic"),
        ("black", "white", "silver", "graphite", "sand", "twin pack"),
        ("USB-C.", "Charges in ninety minutes.", "The battery can be replaced.", "Works with any system.",
         "Firmware updates for five years.", "Three years of guarantee."),
    ),
    Category.STATIONERY: Range(
        12,
        (("ballpoint pen", 3), ("notebook", 9), ("sketchbook", 15), ("envelopes", 5), ("stapler", 13),
         ("ring binder", 5), ("highlighters", 6), ("ruler", 3), ("desk pad", 22), ("paper clips", 2), ("marker", 4),
         ("wall calendar", 16)),
        ("recycled", "lined", "plain", "squared", "slim", "bright", "pastel", "office", "school", "archival"),
        ("A4", "A5", "A6", "box of 10", "box of 50", "single"),
        ("Acid-free paper.", "Lies flat when open.", "Does not bleed through.", "Refillable.",
         "Printed in the next town."),
    ),
    Category.PERSONAL_CARE: Range(
        12,
        (("shower gel", 5), ("deodorant", 6), ("face cream", 18), ("lip balm", 4), ("toothpaste", 4), ("razor", 29),
         ("hairbrush", 14), ("bath salts", 9), ("hand soap", 4), ("conditioner", 8), ("cotton pads", 3),
         ("nail file", 4)),
        ("sensitive", "lavender", "citrus", "unscented", "aloe", "rosemary", "mint", "oat", "sea buckthorn"),
        ("30 ml", "75 ml", "150 ml", "250 ml", "twin pack", "refill"),
        ("Not tested on animals.", "Without perfume.", "Dermatologically tested.", "Refill pouches are on sale.",
         "Suits dry skin."),
    ),
    Category.APPAREL: Range(
        10,
        (("t-shirt", 22), ("rain jacket", 89), ("scarf", 28), ("work trousers", 64), ("beanie", 18), ("belt", 35),
         ("cardigan", 74), ("gloves", 24), ("socks", 9), ("fleece", 55), ("overalls", 79), ("sandals", 49)),
        ("cotton", "merino", "linen", "lined", "quilted", "striped", "navy", "olive", "heather", "waterproof"),
        ("XS", "S", "M", "L", "XL", "XXL"),
        ("Wash at 30 °C.", "Cut generously.", "Organic cotton.", "Sewn in Portugal.", "We mend it for free."),
    ),
    Category.HOME_IMPROVEMENT: Range(
        13,
        (("hammer", 24), ("paint roller", 9), ("garden hose", 32), ("hand saw", 27), ("wood glue", 7),
         ("wall paint", 38), ("door handle", 29), ("toolbox", 25), ("plant pot", 14), ("spade", 34),
         ("potting soil", 8), ("shelf", 42)),
        ("steel", "ash-handled", "professional", "galvanised", "terracotta", "oak", "matt", "folding", "long"),
        ("small", "medium", "large", "20 l", "60 cm", "120 cm", "set of 2"),
        ("Rust-proof.", "Spare parts for ten years.", "Handle of local ash.", "Frost-resistant.",
         "Fittings are included."),
    ),
    Category.PET: Range(
        9,
        (("dog food", 26), ("cat food", 14), ("chew toy", 8), ("leash", 19), ("collar", 15), ("scratching post", 48),
         ("fish flakes", 6), ("feeding bowl", 12), ("hay", 7), ("nest box", 23), ("grooming brush", 13),
         ("treats", 5)),
        ("grain-free", "salmon", "chicken", "puppy", "senior", "natural rubber", "indoor", "adjustable", "sturdy"),
        ("small", "medium", "large", "1 kg", "2.5 kg", "10 kg", "pack of 12"),
        ("Vets recommend it.", "No added sugar.", "Machine-washable.", "For all breeds.", "Made from wood offcuts."),
    ),
}  # fmt: skip
CATEGORIES = tuple(RANGES)
WEIGHTS = tuple(one.weight for one in RANGES.values())


def invent(dice: Random) -> Product:
    category = dice.choices(CATEGORIES, WEIGHTS)[0]
    known = RANGES[category]
    thing, usual = dice.choice(known.things)
    name = f"{dice.choice(MAKERS)} {dice.choice(known.sorts)} {thing}, {dice.choice(known.sizes)}"
    return Product(
        name=name,
        category=None if chance(dice, UNSORTED) else category,
        price_usd=int(dice.lognormvariate(0, SPREAD) * usual) + dice.choice(ENDINGS),
        in_stock=not chance(dice, OUT_OF_STOCK),
        description="" if chance(dice, UNDESCRIBED) else " ".join(dice.sample(known.remarks, dice.randint(1, 3))),
    )


def chance(dice: Random, percent: int) -> bool:
    return dice.random() * 100 < percent
