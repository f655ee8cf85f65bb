package report

// What the formats say of their own accord.
var (
	wordCurrency  = Words{EN: "Currency", ZH: "币种"}
	wordAsOf      = Words{EN: "As of", ZH: "截至"}
	wordNotes     = Words{EN: "Notes", ZH: "说明"}
	wordOverview  = Words{EN: "Overview", ZH: "概览"}
	wordVersion   = Words{EN: "Version", ZH: "版本"}
	wordReport    = Words{EN: "Report", ZH: "报表"}
	wordEmpty     = Words{EN: "Nothing to show.", ZH: "无记录。"}
	wordAmountsIn = Words{EN: "amounts in ", ZH: "金额单位："}
	wordItsCode   = Words{EN: " (code)", ZH: "（代码）"}
	wordSheet     = Words{EN: "Sheet", ZH: "工作表"}
	wordTable     = Words{EN: "Table", ZH: "表"}
	wordTotal     = Words{EN: "Total", ZH: "合计"}
)

// Total is the word that the first column of a total row holds.
func Total() Value { return Said(wordTotal) }
