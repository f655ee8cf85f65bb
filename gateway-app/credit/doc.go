// Package credit passes what a borrower owes elsewhere to a platform that the borrower allows to ask: in
// bands, through the regulator, and with a record that the borrower can read.
//
// Credit information between lenders may be a licensed activity, and is sensitive personal data (personal
// information protection law, articles 28 and 29: separate consent). So sharing is off unless the
// regulator's setting turns it on. When it is on, each answer needs a consent on the ledger that holds on
// the custodian's business date: for the purpose "credit-summary" and nothing else, signed by the party's
// own key over the text of this package, given to the platform that asks. Whoever lacks one is refused with
// consent_missing, also the day after a withdrawal. Setting and consent are asked at the regulator, who
// alone can answer; no platform can answer for another.
//
// The Registry is the regulator's: it finds all loans of the person by the common pseudonym, over all
// platforms, and tells bands of exposure, arrears, the longest delay and the enquiries of half a year. It
// writes every enquiry down before it answers, refused ones too. The Desk is the platform's: it puts beside
// the summary what bureaus say, with a time-out each, kept for as long as the consent it was fetched under
// holds; what could not be had, the answer names, and is marked degraded.
//
// The package never tells an amount, a loan, a date of a loan or the name of another platform, and never
// asks a bureau without a consent. The list of enquiries is the borrower's: a platform that passes it on
// needs the borrower's signature of the day.
package credit
