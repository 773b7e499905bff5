//! The words that fill the slots of the dialogues.
//!
//! Closed classes are short; names, towns, goods and places are many, so that a model learns to copy
//! a word rather than to know it. The order matters: a word's place in its list is the number by
//! which combinations are reserved for the specs (see `draw`). Add words at the end.

/// Days of the week.
pub(super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// Full hours.
pub(super) const TIMES: [&str; 12] =
    ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/// Small numbers, of people, nights or goods.
pub(super) const NUMBERS: [&str; 9] =
    ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/// Sizes of goods.
pub(super) const SIZES: [&str; 5] = ["tiny", "small", "medium", "large", "huge"];

/// Colours of goods.
pub(super) const COLOURS: [&str; 11] =
    ["red", "green", "blue", "yellow", "black", "white", "brown", "pink", "grey", "purple", "orange"];

/// Ways to travel.
pub(super) const VEHICLES: [&str; 6] = ["train", "bus", "plane", "boat", "car", "coach"];

/// Where people meet.
pub(super) const ROOMS: [&str; 12] = [
    "library", "garden", "kitchen", "hall", "office", "cafe", "studio", "chapel", "gallery", "lobby",
    "workshop", "cellar",
];

/// What there is to eat.
pub(super) const DISHES: [&str; 18] = [
    "soup", "fish", "rice", "steak", "salad", "pasta", "pizza", "curry", "stew", "lamb", "duck", "cake",
    "pie", "cheese", "beef", "crab", "toast", "chicken",
];

/// Why people book.
pub(super) const REASONS: [&str; 12] = [
    "birthday",
    "wedding",
    "exam",
    "new job",
    "farewell",
    "reunion",
    "holiday",
    "prize",
    "funeral",
    "new house",
    "retirement",
    "visit",
];

/// Streets.
pub(super) const STREETS: [&str; 30] = [
    "Mill Road",
    "Park Lane",
    "Hill Street",
    "Station Road",
    "Church Street",
    "Bridge Street",
    "Garden Lane",
    "King Street",
    "Queen Street",
    "River Road",
    "School Lane",
    "Market Street",
    "Green Lane",
    "North Road",
    "South Road",
    "West Street",
    "Harbour Road",
    "Castle Street",
    "Forest Road",
    "Lake Road",
    "Rose Lane",
    "Abbey Road",
    "Field Lane",
    "Tower Street",
    "Well Lane",
    "Oak Street",
    "Elm Street",
    "Dock Road",
    "Meadow Lane",
    "Temple Street",
];

/// First names.
pub(super) const NAMES: [&str; 60] = [
    "Anna", "Ben", "Carl", "Dora", "Emma", "Felix", "Greta", "Hugo", "Ida", "Jack", "Karen", "Leo", "Mia",
    "Nora", "Oscar", "Paul", "Rita", "Sam", "Tina", "Vera", "Will", "Zoe", "Adam", "Bella", "Cora", "David",
    "Elsa", "Frank", "Gina", "Henry", "Iris", "Jonas", "Kate", "Lisa", "Mark", "Nina", "Olga", "Peter",
    "Rosa", "Simon", "Tom", "Ursula", "Victor", "Wanda", "Alan", "Bruno", "Clara", "Dennis", "Edith", "Fred",
    "Grace", "Helen", "Ivan", "Jane", "Kurt", "Laura", "Martin", "Nadia", "Otto", "Paula",
];

/// Towns.
pub(super) const TOWNS: [&str; 50] = [
    "Oslo",
    "Rome",
    "Paris",
    "London",
    "Berlin",
    "Madrid",
    "Vienna",
    "Prague",
    "Dublin",
    "Lisbon",
    "Athens",
    "Geneva",
    "Milan",
    "Turin",
    "Naples",
    "Venice",
    "Bern",
    "Basel",
    "Bonn",
    "Hamburg",
    "Munich",
    "Dresden",
    "Warsaw",
    "Krakow",
    "Riga",
    "Tallinn",
    "Helsinki",
    "Turku",
    "Malmo",
    "Bergen",
    "Stockholm",
    "Cairo",
    "Delhi",
    "Tokyo",
    "Lima",
    "Quito",
    "Boston",
    "Denver",
    "Dallas",
    "Chicago",
    "Toronto",
    "Seoul",
    "Osaka",
    "Kyoto",
    "Sydney",
    "Perth",
    "Leeds",
    "York",
    "Bath",
    "Oxford",
];

/// Goods, in the plural.
pub(super) const GOODS: [&str; 48] = [
    "candles", "lamps", "chairs", "tables", "boxes", "bags", "cups", "plates", "bowls", "spoons", "knives",
    "towels", "blankets", "pillows", "curtains", "carpets", "mirrors", "clocks", "vases", "baskets",
    "buckets", "bottles", "jars", "pots", "pans", "books", "pens", "pencils", "brushes", "hats", "coats",
    "shirts", "socks", "shoes", "boots", "gloves", "scarves", "belts", "buttons", "ribbons", "balls",
    "kites", "drums", "flutes", "puzzles", "dolls", "masks", "flags",
];

/// What visitors ask about.
pub(super) const SIGHTS: [&str; 45] = [
    "aquarium",
    "museum",
    "library",
    "theatre",
    "market",
    "castle",
    "gallery",
    "garden",
    "cinema",
    "bakery",
    "harbour",
    "station",
    "zoo",
    "tower",
    "palace",
    "abbey",
    "bank",
    "chapel",
    "church",
    "clinic",
    "planetarium",
    "court",
    "fair",
    "farm",
    "gym",
    "hotel",
    "ice rink",
    "mill",
    "opera",
    "park",
    "observatory",
    "pharmacy",
    "pool",
    "post office",
    "pub",
    "school",
    "shop",
    "stadium",
    "studio",
    "temple",
    "town hall",
    "village hall",
    "winery",
    "workshop",
    "bookshop",
];

/// Forms of address.
pub(super) const TITLES: [&str; 40] = [
    "Admiral",
    "Captain",
    "Doctor",
    "Chief",
    "Boss",
    "Commander",
    "Professor",
    "Skipper",
    "Major",
    "Sergeant",
    "Senator",
    "Madam",
    "Sir",
    "Judge",
    "Coach",
    "Director",
    "Master",
    "Colonel",
    "General",
    "Pilot",
    "Inspector",
    "Baron",
    "Duke",
    "Prince",
    "Queen",
    "Marshal",
    "Friend",
    "Neighbour",
    "Champion",
    "Teacher",
    "Governor",
    "Sailor",
    "Ranger",
    "Count",
    "Maestro",
    "President",
    "Mayor",
    "Knight",
    "Guide",
    "Driver",
];

/// Words to begin or end a reply with.
pub(super) const TAGS: [&str; 40] = [
    "over",
    "thanks",
    "cheers",
    "indeed",
    "amen",
    "roger",
    "done",
    "right",
    "well",
    "ahoy",
    "bravo",
    "ciao",
    "enjoy",
    "farewell",
    "goodbye",
    "hooray",
    "perfect",
    "noted",
    "peace",
    "ready",
    "splendid",
    "welcome",
    "stop",
    "end",
    "clear",
    "wonderful",
    "banana",
    "sunshine",
    "pepper",
    "tiger",
    "marvellous",
    "velvet",
    "thunder",
    "lemon",
    "copper",
    "excellent",
    "marble",
    "cactus",
    "penguin",
    "rocket",
];
