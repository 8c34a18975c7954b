//! Private keys for signing test tokens.

/// Ed25519; made for these tests and used nowhere else.
pub(super) const ED: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDXWQBEGUqM76SoM6+dCwCUHe6Meor623KKMoSgTG+sF
-----END PRIVATE KEY-----";
/// Another Ed25519; made for these tests and used nowhere else.
pub(super) const ED2: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIvbcj5RubBV3beqlqQOCqIW/krfE6fDogZOmi4DbEG3
-----END PRIVATE KEY-----";
/// P-256; made for these tests and used nowhere else.
pub(super) const EC: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg3UlFlYNpGcZR9S+U
pIx6vpVIX+vmt5MSttOm8dDVTSmhRANCAAQRugym8wPn9BscL97er9mfh80itVG0
rpw5LkEpz6ZyV5jXnpFyCRD6J52DPZdk2jnG2PYJxOvoDI9cIcBW4nR2
-----END PRIVATE KEY-----";
/// RSA, 2048 bits; made for these tests and used nowhere else.
pub(super) const RSA: &str = "-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCxn4/YRlC8oGJx
DWO5M1u25Er6q8/VIUUEj1YMSeoztuGgWWPGl5pKL6+a2Dbkb74pUVWEjpy+6qOF
JtdQRywegrVaqg1652PAXkbb8r1n0S9CEVf0mb1ecrWjF6O/tZozLlmE9kw8lzyB
8Y2MiSWaoUGQsGkNzcUUTLprGrtSXXXoa4iFI1MjiB68X5EFC/g+NjEdi6NgTjdX
L54D+E59xr7PRUrruovJPvnru3btSr0Xx4atc/BpNjLcM5Eg7y0Wenrg0vRlL4Ck
jxyVpUwbx0abXRfioC/x6Xn9rYLg9amM7C2GLzFj+/v1IjwRBI+fN3KDtzaPEJTK
4SY7NMorAgMBAAECggEAAVWcwq7WREyDTof7AZmvPzUA3KFjqtQq8YAvB89RfcIc
wfiQzotamZnv+AMyQTvN9raAW3jxYYWEd2eMgvxieBx/IidPVQtm+vJaX3/utjPi
naXOtW0U1A4I/bsJYK6wOxgPsRvQ387ND3//tuGAmpsl9ipi1WAScnbzrQJ1MD21
lty1Y//fKL+qLsEQ0X2k7gdyCLneDt0ZCtNdjf788gqNX0DVxkrXUW78JyhlWpuQ
7bLVFbHzwvrihQ+urcmwo+cUJzog0Y1p4hS/o7G5nhZQS+2MFD0UQtY+pUZAep6/
5pIohrF0lytMk9hw17uiXMv7QtBleOOccLoos1CviQKBgQDbPYUjqdNcKIVj4h0+
a++WWyr8UvYd6/WVqoomtZxQlDBBRdlFHGEuW7o5JiAvXtaZhs3j9vezXvFaR1AA
FS6OskqE2exUf3GezZLqaRt4652LaVoJKDpQ8Y/E07ItlDd7i2sqpAK15G4LTA5r
HWR+i705Zokf+oWCWpMUHi0uGQKBgQDPZ7V/tiXzwtYf1sATPxrmpLcEH8uYwhJW
xHafHfHg7b+mAhc4Nz3JlSyTr184LdJ0GEkwWOAgxnz2njeZV+suLtpmjE6NpHqe
nuktcyxVDMSf68nvFeaYcYwm1j/MIyO+kgTOABSQ3N5BU2NOuc/HKv5MAz/XJZC7
SHCvVjV64wKBgFk1eDZhxQIr7tMMz891hgDNSflwHHtiZwSmZx6HKXrUQapdrKHl
gVmms2jLra74zSOdaavH81SGXnjYqaHO/KnNvGrAbdyYGvh+N7iwWiBi5zEyBhPR
zaDgGhsB9O987vKTcWDhacTvlSN9qCRHynt/itiPc16Sxr6a8lvuR34JAoGAMs8u
SH4f6AqIGD6syUpBVdVuPGVppB+PDJCOmsZkNf0oYQvMEmp+CX8w73Eb+5BGKUi1
zVFIft8BSA1Ug41lQOgbetnOeKadn3RAnXDEoIVDOgYybw7HcfsHIZCFCoZlQE9X
O/wLDb39+LTr9CJTA3DF4Ws+XX+HaEoDyQBuk48CgYB2r5UxB8NJ+TFLedjINv0l
s2rrijHaYe/XvdGp8AW0/GxNlMxClxLBRK7PAzbXBxilIHEihNrT5+jXjoA3nUNz
sp6DcxDpgkh8B6YXX2u5cfEs7U+ZDAnZ/GOe2JVoqnb1JzJm/dBN1wP66wV2uDCd
LmAAEFMqExTfFllQwQpT0g==
-----END PRIVATE KEY-----";
