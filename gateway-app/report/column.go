package report

// Both are words in both languages.
func Both(en, zh string) Words { return Words{EN: en, ZH: zh} }

// NewFact is one value with its name.
func NewFact(id, en, zh string, v Value) Fact { return Fact{ID: id, Words: Both(en, zh), Value: v} }

// TextColumn is a column of texts.
func TextColumn(id, en, zh string) Column { return Column{ID: id, Words: Both(en, zh), Kind: KindText} }

// CodedColumn is a column of texts that have codes beside them.
func CodedColumn(id, en, zh string) Column {
	return Column{ID: id, Words: Both(en, zh), Kind: KindText, Coded: true}
}

// MinorColumn is a column of amounts in minor units of the document's currency.
func MinorColumn(id, en, zh string) Column {
	return Column{ID: id, Words: Both(en, zh), Kind: KindMinor}
}

// CountColumn is a column of numbers of things.
func CountColumn(id, en, zh string) Column {
	return Column{ID: id, Words: Both(en, zh), Kind: KindCount}
}

// PPMColumn is a column of shares or rates.
func PPMColumn(id, en, zh string) Column { return Column{ID: id, Words: Both(en, zh), Kind: KindPPM} }

// DateColumn is a column of days.
func DateColumn(id, en, zh string) Column { return Column{ID: id, Words: Both(en, zh), Kind: KindDate} }
