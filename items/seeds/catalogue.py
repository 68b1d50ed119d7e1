"""Products with a description each, over all categories."""

from decimal import Decimal
from typing import NamedTuple

from items.models import Category


class Product(NamedTuple):
    name: str
    category: Category | None
    price_usd: Decimal
    in_stock: bool
    description: str


def _shelf(category: Category | None, *products: tuple[str, str, bool, str]) -> tuple[Product, ...]:
    return tuple(
        Product(name, category, Decimal(price), in_stock, description)
        for name, price, in_stock, description in products
    )


CATALOGUE = (
    *_shelf(
        Category.GROCERY,
        ("Oat milk, barista, 1 l", "2.79", True, "Foams like dairy. Keeps five days once opened."),
        ("Penne rigate, 500 g", "1.49", True, "Bronze-drawn durum wheat pasta; eleven minutes."),
        ("Espresso beans, dark roast, 1 kg", "18.90", True, "Brazil and Sumatra. Cocoa, walnut, hardly any acidity."),
        (
            "Extra virgin olive oil, 750 ml",
            "12.50",
            False,
            "First cold pressing, Crete.\nCloudy in winter; that is fine.",
        ),
        ("Chickpeas, 400 g tin", "0.95", True, ""),
        ("Sourdough rye, 750 g", "4.20", True, "Baked at night, sold until it is gone."),
    ),
    *_shelf(
        Category.HOUSEHOLD,
        ("Dish soap, lemon, 750 ml", "3.25", True, "Cuts grease in cold water."),
        ("Cotton tea towels, set of 3", "11.90", True, "Striped. Shrink a little at the first wash."),
        ("Beeswax candles, pair", "9.80", True, "Burn for seven hours each."),
        ("Laundry detergent, unscented, 2 l", "8.49", False, "For forty loads."),
        ("Storage jar with clip lid, 1 l", "6.75", True, "Dishwasher-safe; the rubber seal comes off."),
    ),
    *_shelf(
        Category.ELECTRONICS,
        ("USB-C charger, 65 W", "34.99", True, "Two ports. Charges a laptop and a phone together."),
        ("Desk lamp with dimmer", "49.00", True, "2700 to 5000 K, and it remembers the last setting."),
        ("AA batteries, pack of 8", "7.95", True, "Alkaline. Best before 2033."),
        ("Over-ear headphones", "129.00", False, "Thirty hours on a charge; a cable is in the box."),
        ("Kitchen scale, 5 kg", "22.50", True, "To the gram."),
    ),
    *_shelf(
        Category.STATIONERY,
        ("Fountain pen, medium nib", "24.90", True, "Takes cartridges, or the converter that comes with it."),
        ("Notebook A5, dotted", "8.50", True, "192 numbered pages of 100 g/m². Lies flat."),
        ("Ink, midnight blue, 50 ml", "11.20", True, "Dries in ten seconds on most papers."),
        ("Pencils HB, box of 12", "4.60", True, "Cedar."),
        ("Masking tape, 25 mm", "2.10", False, ""),
    ),
    *_shelf(
        Category.PERSONAL_CARE,
        ("Hand cream, almond, 75 ml", "6.40", True, "For hands that dig."),
        ("Olive oil soap, 200 g", "3.90", True, "Aleppo recipe, 30 % laurel oil."),
        ("Toothbrush, bamboo, soft", "3.50", True, "Bristles of castor oil. The handle may be composted."),
        ("Sun lotion, SPF 50, 200 ml", "14.95", False, "Water-resistant. Put it on again every two hours."),
        ("Shampoo bar, rosemary", "8.20", True, "As much as two bottles."),
    ),
    *_shelf(
        Category.APPAREL,
        ("Gardening gloves, size M", "12.90", True, "Goatskin, with long cuffs against thorns."),
        ("Rubber boots, green, size 42", "39.90", True, "Natural rubber. One size larger for thick socks."),
        ("Straw hat, wide brim", "19.50", True, "Shade for nape and shoulders."),
        ("Merino socks, pair", "16.00", False, "Reinforced at heel and toe."),
        ("Canvas apron with pockets", "27.00", True, "For secateurs, string and a phone."),
    ),
    *_shelf(
        Category.HOME_IMPROVEMENT,
        ("Cordless drill, 18 V", "119.00", True, "Two batteries and a charger in a case."),
        ("Spirit level, 60 cm", "21.90", True, "Aluminium, three vials."),
        ("Wood screws 4 x 40, 200 pieces", "9.30", True, "Countersunk, Torx 20."),
        ("Watering can, 10 l", "29.90", True, "Galvanised. The brass rose comes off."),
        ("Exterior paint, white, 2.5 l", "44.50", False, "For wood and masonry; covers 25 m² once."),
        ("Secateurs, bypass", "36.00", True, "Every part can be replaced."),
    ),
    *_shelf(
        Category.PET,
        ("Dog bed, washable, 80 cm", "59.00", True, "The cover goes in at 40 °C."),
        ("Cat litter, clumping, 10 l", "11.50", True, "Without perfume."),
        ("Bird seed, winter mix, 2.5 kg", "9.90", True, "Sunflower hearts, peanuts, oats. No filler."),
    ),
    *_shelf(None, ("Lost and found: one blue umbrella", "0.00", True, "Ask at the counter.")),
)
