//! The customers: people and a few companies that do not exist.

use purser_domain::profile::{Address, AddressKind, Gender, ProfileKind};
use purser_services::{Patch, PersonInput};
use purser_types::{Country as CountryCode, Date};

use super::countries::{COUNTRIES, Country};
use super::dice::Dice;

/// The customer of the IXOPAY documentation, whose example the whole product starts from.
pub(super) const ALEX: &str = "616c6578-2e73-6d69-7468-406578616d70";

/// A customer's data with the country that it was made for.
#[derive(Debug, Clone)]
pub(super) struct Somebody {
    pub(super) input: PersonInput,
    pub(super) country: &'static Country,
    pub(super) is_company: bool,
}

/// Alex Smith of the documentation: born on 1970-01-01, billed in the United States.
pub(super) fn alex() -> Somebody {
    let country = COUNTRIES.iter().find(|country| country.code == "US").expect("the table has the US");
    let input = PersonInput {
        kind: Some(ProfileKind::Person),
        name: set("Alex Smith"),
        first_name: set("Alex"),
        last_name: set("Smith"),
        birth_date: Patch::Set(birth_date(1970, 1, 1)),
        gender: Patch::Set(Gender::X),
        email: set("alex.smith@example.org"),
        phone: set("+14155552671"),
        locale: set("en-US"),
        addresses: Some(vec![Address {
            line1: Some("1 Harbor Way".to_owned()),
            city: Some("San Francisco".to_owned()),
            postcode: Some("94111".to_owned()),
            state: Some("CA".to_owned()),
            ..blank(AddressKind::Billing, country)
        }]),
        company: Patch::Keep,
    };
    Somebody { input, country, is_company: false }
}

/// Somebody; `number` tells namesakes apart.
pub(super) fn somebody(dice: &mut Dice, number: usize) -> Somebody {
    let weights: Vec<u64> = COUNTRIES.iter().map(|country| country.weight).collect();
    let country = COUNTRIES.get(dice.weighted(&weights)).expect("the position is one of the table");
    let (first, gender) = match dice.below(100) {
        0..49 => (dice.pick(country.women), Gender::F),
        49..98 => (dice.pick(country.men), Gender::M),
        _ => (dice.pick(country.women), Gender::X),
    };
    let family = dice.pick(country.families);
    let is_company = dice.chance(6);
    let company = format!("{family} & Co.");
    let name = if is_company { company.clone() } else { format!("{first} {family}") };
    let domain = dice.pick(&["example.org", "example.net"]);
    let email = format!("{}.{}{number}@{domain}", plain(first), plain(family));
    let (prefix, count) = country.dial;
    let (year, month, day) = (dice.between(1948, 2006), dice.between(1, 12), dice.between(1, 28));
    let input = PersonInput {
        kind: Some(if is_company { ProfileKind::Company } else { ProfileKind::Person }),
        name: set(&name),
        first_name: set(first),
        last_name: set(family),
        company: if is_company { set(&company) } else { Patch::Keep },
        birth_date: if !is_company && dice.chance(70) {
            Patch::Set(birth_date(year, month, day))
        } else {
            Patch::Keep
        },
        gender: if !is_company && dice.chance(60) { Patch::Set(gender) } else { Patch::Keep },
        email: set(&email),
        phone: if dice.chance(75) { set(&format!("{prefix}{}", dice.digits(count))) } else { Patch::Keep },
        locale: set(country.locale),
        addresses: Some(addresses(dice, country)),
    };
    Somebody { input, country, is_company }
}

fn addresses(dice: &mut Dice, country: &'static Country) -> Vec<Address> {
    let mut addresses = vec![address(dice, country, AddressKind::Billing)];
    if dice.chance(45) {
        addresses.push(address(dice, country, AddressKind::Shipping));
    }
    if dice.chance(10) {
        addresses.push(address(dice, country, AddressKind::Home));
    }
    addresses
}

fn address(dice: &mut Dice, country: &'static Country, kind: AddressKind) -> Address {
    let (city, postcode, state) = dice.pick(country.places);
    let house = dice.between(1, 140).to_string();
    let optional = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Address {
        line1: Some(dice.pick(country.streets).replace('#', &house)),
        line2: dice.chance(12).then(|| format!("c/o {}", dice.pick(country.families))),
        city: optional(city),
        postcode: optional(postcode),
        state: optional(state),
        ..blank(kind, country)
    }
}

fn blank(kind: AddressKind, country: &'static Country) -> Address {
    Address {
        kind,
        is_default: true,
        first_name: None,
        last_name: None,
        company: None,
        line1: None,
        line2: None,
        city: None,
        postcode: None,
        state: None,
        country: country.code.parse::<CountryCode>().ok(),
        phone: None,
    }
}

fn set(text: &str) -> Patch<String> {
    Patch::Set(text.to_owned())
}

fn birth_date(year: i64, month: i64, day: i64) -> Date {
    format!("{year:04}-{month:02}-{day:02}").parse().expect("every month has 28 days")
}

/// A name as it may stand in an e-mail address.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let letters = name.chars().map(|letter| match letter {
        'ä' => "ae".to_owned(),
        'ö' => "oe".to_owned(),
        'ü' => "ue".to_owned(),
        'á' | 'ã' => "a".to_owned(),
        'é' | 'è' | 'ê' => "e".to_owned(),
        'í' => "i".to_owned(),
        'ó' | 'ò' | 'õ' | 'ō' => "o".to_owned(),
        'ú' => "u".to_owned(),
        'ñ' => "n".to_owned(),
        'ç' => "c".to_owned(),
        'a'..='z' => letter.to_string(),
        _ => String::new(),
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use purser_domain::contact::{Email, Phone};

    use super::*;

    #[test]
    fn everybody_can_be_reached() {
        let mut dice = Dice::new(1);
        for number in 0..2_000 {
            let somebody = somebody(&mut dice, number);
            if let Patch::Set(phone) = &somebody.input.phone {
                assert!(Phone::parse(phone).is_ok(), "{phone}");
            }
            let Patch::Set(email) = &somebody.input.email else { panic!("everybody has an address") };
            let domain = email.rsplit_once('@').map(|(_, domain)| domain);
            assert!(Email::parse(email).is_ok(), "{email}");
            assert!(matches!(domain, Some("example.org" | "example.net")), "{email}");
        }
    }

    #[test]
    fn every_address_has_its_country() {
        let mut dice = Dice::new(2);
        for number in 0..200 {
            let somebody = somebody(&mut dice, number);
            let countries = somebody.input.addresses.unwrap_or_default().into_iter().map(|it| it.country);
            assert!(countries.into_iter().all(|country| country.is_some()), "{}", somebody.country.code);
        }
    }
}
