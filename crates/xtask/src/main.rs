fn main() { println!("{}", xtask::postgres::Postgres::start().expect("x").url("postgres")); std::io::stdin().read_line(&mut String::new()).ok(); }
