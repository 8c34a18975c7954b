//! The customer's data as inputs carry it: parsed at the border, field by field.

use purser_domain::contact::{Email, Phone};
use purser_domain::profile::{self, ADDRESSES_MAX, Address, Gender, NAME_LENGTH_MAX, Person, ProfileKind};
use purser_types::Date;

use crate::error::{Code, Error};
use crate::input::{self, Patch};

const LOCALE_LENGTH_MAX: usize = 35;
const LINE_LENGTH_MAX: usize = 100;

/// What an input says about the customer's data; used by creation, update and payments alike.
#[derive(Debug, Clone, Default)]
pub struct PersonInput {
    /// A person or a company.
    pub kind: Option<ProfileKind>,
    /// Display name.
    pub name: Patch<String>,
    /// First name.
    pub first_name: Patch<String>,
    /// Last name.
    pub last_name: Patch<String>,
    /// Company.
    pub company: Patch<String>,
    /// Date of birth.
    pub birth_date: Patch<Date>,
    /// Gender.
    pub gender: Patch<Gender>,
    /// E-mail address, as written.
    pub email: Patch<String>,
    /// Telephone number, as written, in international form.
    pub phone: Patch<String>,
    /// Language and region, BCP 47.
    pub locale: Patch<String>,
    /// All addresses, in place of those there are.
    pub addresses: Option<Vec<Address>>,
}

impl PersonInput {
    /// Whether the input leaves everything as it is.
    pub(crate) fn is_silent(&self) -> bool {
        let Self { kind, name, first_name, last_name, company, birth_date, gender, .. } = self;
        let Self { email, phone, locale, addresses, .. } = self;
        let texts = [name, first_name, last_name, company, email, phone, locale];
        kind.is_none()
            && texts.into_iter().all(|text| *text == Patch::Keep)
            && *birth_date == Patch::Keep
            && *gender == Patch::Keep
            && addresses.is_none()
    }
}

/// The customer's data of a new profile.
pub(crate) fn person(input: PersonInput) -> Result<Person, Error> {
    patched(Person::default(), input)
}

pub(crate) fn patched(mut person: Person, input: PersonInput) -> Result<Person, Error> {
    let text = |patch: Patch<String>, field: &str, max: usize| {
        patch.try_map(|value| input::text(&value, field, max))
    };
    person.kind = input.kind.unwrap_or(person.kind);
    text(input.name, "name", NAME_LENGTH_MAX)?.apply(&mut person.name);
    text(input.first_name, "firstName", NAME_LENGTH_MAX)?.apply(&mut person.first_name);
    text(input.last_name, "lastName", NAME_LENGTH_MAX)?.apply(&mut person.last_name);
    text(input.company, "company", NAME_LENGTH_MAX)?.apply(&mut person.company);
    text(input.locale, "locale", LOCALE_LENGTH_MAX)?.apply(&mut person.locale);
    input.birth_date.apply(&mut person.birth_date);
    input.gender.apply(&mut person.gender);
    input.email.try_map(|value| email(&value))?.apply(&mut person.email);
    input.phone.try_map(|value| phone(&value, "phone"))?.apply(&mut person.phone);
    if let Some(addresses) = input.addresses {
        person.addresses = checked_addresses(addresses)?;
    }
    Ok(person)
}

fn email(text: &str) -> Result<Email, Error> {
    Email::parse(text).map_err(|error| Error::refused(Code::InvalidEmail, "email", error.to_string()))
}

fn phone(text: &str, field: &str) -> Result<Phone, Error> {
    Phone::parse(text).map_err(|error| Error::refused(Code::InvalidPhone, field, error.to_string()))
}

/// Addresses within their bounds, with exactly one default per kind.
fn checked_addresses(addresses: Vec<Address>) -> Result<Vec<Address>, Error> {
    if addresses.len() > ADDRESSES_MAX {
        let message = format!("A profile has at most {ADDRESSES_MAX} addresses.");
        return Err(Error::refused(Code::InvalidInput, "addresses", message));
    }
    let checked = addresses.into_iter().enumerate().map(|(position, address)| {
        let at = |name: &str| format!("addresses.{position}.{name}");
        let text =
            |value: Option<String>, name: &str, max: usize| input::optional(value.as_deref(), &at(name), max);
        Ok(Address {
            first_name: text(address.first_name, "firstName", NAME_LENGTH_MAX)?,
            last_name: text(address.last_name, "lastName", NAME_LENGTH_MAX)?,
            company: text(address.company, "company", NAME_LENGTH_MAX)?,
            line1: text(address.line1, "line1", LINE_LENGTH_MAX)?,
            line2: text(address.line2, "line2", LINE_LENGTH_MAX)?,
            city: text(address.city, "city", LINE_LENGTH_MAX)?,
            postcode: text(address.postcode, "postcode", 16)?,
            state: text(address.state, "state", 30)?,
            phone: match address.phone {
                Some(value) => Some(phone(&value, &at("phone"))?.as_str().to_owned()),
                None => None,
            },
            ..address
        })
    });
    let mut checked = checked.collect::<Result<Vec<Address>, Error>>()?;
    for kind in profile::AddressKind::ALL {
        let chosen = checked.iter().position(|address| address.kind == *kind && address.is_default);
        let chosen = chosen.or_else(|| checked.iter().position(|address| address.kind == *kind));
        for (position, address) in checked.iter_mut().enumerate().filter(|(_, it)| it.kind == *kind) {
            address.is_default = Some(position) == chosen;
        }
    }
    Ok(checked)
}
