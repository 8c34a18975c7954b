//! The end-to-end tests: what a customer's developer sees of the whole server, on both databases.
//!
//! | module | what it proves |
//! |---|---|
//! | `scenarios` | the stories of the specification, with their own values |
//! | `payments` | money moves once, and the records say so |
//! | `privacy` | no partner sees what another keeps for itself |
//! | `authz` | every root field, asked by everybody |
//! | `changes` | what a change changes, and until when a key works |
//! | `lists` | pages that meet, and cursors for whom they were made |
//! | `sharing` | what is shown is what the rule of sharing says |
//! | `attacks` | what is made to hurt is refused, in bounded memory |
//! | `hostile` | what a partner tries who wants more than it was given |
//! | `tokens` | of all tokens only those that an issuer meant for us are believed |
//! | `statements` | how many statements an operation costs, and that both ways of reading agree |

mod attacks;
mod authz;
mod changes;
mod hostile;
mod lists;
mod payments;
mod privacy;
mod scenarios;
mod sharing;
mod statements;
mod tokens;
