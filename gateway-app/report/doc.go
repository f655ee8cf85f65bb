// Package report renders every report of the product: a Document comes in, and bytes in one of four formats go out.
//
//   - JSON is canonical (RFC 8785), holds the words of both languages, and money as a text of minor units beside its
//     currency, so that no reader's floating point touches it;
//   - CSV is RFC 4180 in UTF-8 with the mark that spreadsheets look for, its sections apart by an empty line, and no
//     cell of it begins what a spreadsheet would take for a formula;
//   - XLSX is Office Open XML (ISO/IEC 29500), a sheet for each table, with amounts, shares and days as numbers;
//   - PDF is A4, with the font embedded as far as its letters are used.
//
// The same document gives the same bytes, whoever renders it, when, and on however many processors: there is no
// clock, no random identifier and no order of a map in the output.
//
// The package reads no database and knows no figure; what a report says is decided by who makes its Document.
package report
