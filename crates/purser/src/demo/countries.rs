//! Where the customers live: names, streets, telephone numbers and how people pay there.

/// A country with what its customers are made of.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub(super) code: &'static str,
    /// BCP 47.
    pub(super) locale: &'static str,
    /// ISO 4217.
    pub(super) currency: &'static str,
    /// How many of a hundred customers live there.
    pub(super) weight: u64,
    /// The start of a mobile number, E.164, and how many digits follow.
    pub(super) dial: (&'static str, usize),
    pub(super) women: &'static [&'static str],
    pub(super) men: &'static [&'static str],
    pub(super) families: &'static [&'static str],
    /// A street's name; `#` stands for the number of the house.
    pub(super) streets: &'static [&'static str],
    /// City, postcode, state.
    pub(super) places: &'static [(&'static str, &'static str, &'static str)],
    /// One-off tokens of what else than cards people pay with.
    pub(super) also_pays: &'static [&'static str],
}

/// Where customers live, by how many do.
#[rustfmt::skip]
pub(super) const COUNTRIES: &[Country] = &[
    Country {
        code: "DE", locale: "de-DE", currency: "EUR", weight: 26, dial: ("+491512", 7),
        women: &["Anna", "Lena", "Ursula", "Käthe", "Mia", "Hannah", "Greta", "Birgit"],
        men: &["Jonas", "Lukas", "Jürgen", "Karl", "Felix", "Matthias", "Emil", "Uwe"],
        families: &["Müller", "Schmidt", "Fischer", "Weber", "Schäfer", "Wagner", "Krüger", "Vogt", "Lindner", "Böhm"],
        streets: &["Hafenstraße #", "Lange Reihe #", "Am Markt #", "Kastanienallee #"],
        places: &[("Hamburg", "20099", ""), ("Berlin", "10437", ""), ("Bremen", "28195", ""), ("Leipzig", "04109", "")],
        also_pays: &["tok_iban_de", "tok_iban_de", "tok_paypal"],
    },
    Country {
        code: "FR", locale: "fr-FR", currency: "EUR", weight: 14, dial: ("+33612", 6),
        women: &["Camille", "Léa", "Chloé", "Manon", "Zoé", "Hélène"],
        men: &["Louis", "Hugo", "Théo", "Jules", "Antoine", "Rémi"],
        families: &["Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Girard", "Fournier", "Chevalier"],
        streets: &["# rue du Port", "# avenue de la Gare", "# quai des Brumes"],
        places: &[("Nantes", "44000", ""), ("Lyon", "69002", ""), ("Paris", "75011", "")],
        also_pays: &["tok_mealvoucher_edenred", "tok_mealvoucher_edenred", "tok_paypal"],
    },
    Country {
        code: "GB", locale: "en-GB", currency: "GBP", weight: 12, dial: ("+447400", 6),
        women: &["Olivia", "Amelia", "Isla", "Ava", "Freya", "Maisie"],
        men: &["Oliver", "George", "Harry", "Noah", "Alfie", "Rhys"],
        families: &["Taylor", "Evans", "Hughes", "Walker", "Green", "O'Neill", "Campbell", "Singh"],
        streets: &["# Harbour Street", "# Mill Lane", "# Station Road"],
        places: &[("Bristol", "BS1 4DJ", ""), ("Leeds", "LS1 5DL", ""), ("Edinburgh", "EH1 1YZ", "")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "US", locale: "en-US", currency: "USD", weight: 12, dial: ("+1415555", 4),
        women: &["Emma", "Sophia", "Madison", "Grace", "Zoe", "Abigail"],
        men: &["Liam", "Ethan", "Mason", "Caleb", "Wyatt", "Diego"],
        families: &["Johnson", "Williams", "Brown", "García", "Miller", "Nguyen", "Patel", "Anderson"],
        streets: &["# Market Street", "# Ocean Avenue", "# Maple Drive"],
        places: &[("San Francisco", "94103", "CA"), ("Portland", "97204", "OR"), ("Seattle", "98101", "WA")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "IT", locale: "it-IT", currency: "EUR", weight: 8, dial: ("+39333", 7),
        women: &["Giulia", "Sofia", "Chiara", "Martina", "Elisa"],
        men: &["Leonardo", "Matteo", "Lorenzo", "Niccolò", "Davide"],
        families: &["Rossi", "Russo", "Ferrari", "Esposito", "Bianchi", "Romano", "Colombo"],
        streets: &["Via Garibaldi #", "Corso Italia #", "Via del Porto #"],
        places: &[("Genova", "16121", "GE"), ("Trieste", "34121", "TS"), ("Torino", "10121", "TO")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "ES", locale: "es-ES", currency: "EUR", weight: 8, dial: ("+34612", 6),
        women: &["Lucía", "María", "Paula", "Inés", "Carmen"],
        men: &["Hugo", "Martín", "Álvaro", "Íñigo", "Javier"],
        families: &["García", "Fernández", "López", "Muñoz", "Núñez", "Ruiz", "Ibáñez"],
        streets: &["Calle Mayor #", "Paseo Marítimo #", "Calle del Sol #"],
        places: &[("Valencia", "46001", ""), ("Bilbao", "48001", ""), ("Cádiz", "11001", "")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "CH", locale: "de-CH", currency: "CHF", weight: 6, dial: ("+4178123", 4),
        women: &["Nina", "Laura", "Seraina", "Elin"],
        men: &["Luca", "Reto", "Urs", "Noah"],
        families: &["Meier", "Keller", "Zürcher", "Huber", "Favre"],
        streets: &["Seestrasse #", "Bahnhofstrasse #"],
        places: &[("Zürich", "8001", "ZH"), ("Luzern", "6003", "LU")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "PT", locale: "pt-PT", currency: "EUR", weight: 5, dial: ("+351912", 6),
        women: &["Beatriz", "Matilde", "Inês", "Joana"],
        men: &["João", "Tomás", "Duarte", "Rui"],
        families: &["Silva", "Santos", "Ferreira", "Gonçalves", "Araújo"],
        streets: &["Rua da Praia #", "Avenida da Liberdade #"],
        places: &[("Lisboa", "1250-096", ""), ("Porto", "4050-253", "")],
        also_pays: &["tok_paypal"],
    },
    Country {
        code: "GH", locale: "en-GH", currency: "GHS", weight: 4, dial: ("+233242", 6),
        women: &["Ama", "Akosua", "Efua", "Adjoa"],
        men: &["Kwame", "Kofi", "Yaw", "Kojo"],
        families: &["Mensah", "Owusu", "Boateng", "Asante"],
        streets: &["# Independence Avenue", "# Oxford Street"],
        places: &[("Accra", "GA-183", ""), ("Kumasi", "AK-039", "")],
        also_pays: &["tok_momo_mtn", "tok_momo_mtn"],
    },
    Country {
        code: "JP", locale: "ja-JP", currency: "JPY", weight: 3, dial: ("+8190123", 5),
        women: &["Yui", "Sakura", "Hina"],
        men: &["Haruto", "Ren", "Sōta"],
        families: &["Satō", "Suzuki", "Takahashi", "Tanaka"],
        streets: &["#-1 Minato", "#-4 Nakano"],
        places: &[("Yokohama", "231-0012", "Kanagawa"), ("Kobe", "650-0042", "Hyōgo")],
        also_pays: &[],
    },
    Country {
        code: "TH", locale: "th-TH", currency: "THB", weight: 2, dial: ("+6681234", 4),
        women: &["Malee", "Ploy", "Suda"],
        men: &["Anan", "Somchai", "Niran"],
        families: &["Srisai", "Thongchai", "Wongsa"],
        streets: &["# Sukhumvit Road", "# Charoen Krung Road"],
        places: &[("Bangkok", "10110", ""), ("Phuket", "83000", "")],
        also_pays: &[],
    },
];
