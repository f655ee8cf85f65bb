package suitability

// questions is the questionnaire: ten questions of up to ten points each.
var questions = []Question{
	{"age", "How old are you?", "您的年龄？", []Option{
		{"Over 70", "70 岁以上", 0, 2},
		{"61 to 70", "61 至 70 岁", 3, 4},
		{"18 to 30", "18 至 30 岁", 6, 0},
		{"51 to 60", "51 至 60 岁", 7, 0},
		{"31 to 50", "31 至 50 岁", 10, 0},
	}},
	{"income", "What is your household's income a year, after tax?", "您的家庭税后年收入？", []Option{
		{"Under ¥50,000", "5 万元以下", 0, 3},
		{"¥50,000 to ¥150,000", "5 万至 15 万元", 3, 5},
		{"¥150,000 to ¥500,000", "15 万至 50 万元", 7, 5},
		{"Over ¥500,000", "50 万元以上", 10, 0},
	}},
	{"debts", "How much of your income goes into paying debts?", "您的收入中有多少用于偿还债务？", []Option{
		{"More than half", "一半以上", 0, 2},
		{"A quarter to a half", "四分之一至一半", 3, 0},
		{"Less than a quarter", "四分之一以下", 7, 0},
		{"Nothing: I have no debts", "没有债务", 10, 0},
	}},
	{"share", "How much of your savings would you lend here?", "您打算将多少积蓄用于出借？", []Option{
		{"More than half", "一半以上", 0, 3},
		{"A quarter to a half", "四分之一至一半", 4, 0},
		{"A tenth to a quarter", "十分之一至四分之一", 7, 0},
		{"Less than a tenth", "十分之一以下", 10, 0},
	}},
	{"experience", "How long have you invested in anything beyond deposits?", "您有多少年存款以外的投资经验？", []Option{
		{"Never", "没有经验", 0, 3},
		{"Less than two years", "少于 2 年", 4, 5},
		{"Two to five years", "2 至 5 年", 7, 5},
		{"More than five years", "5 年以上", 10, 0},
	}},
	{"products", "What have you put money into?", "您投资过哪些产品？", []Option{
		{"Deposits and government bonds", "存款、国债", 0, 0},
		{"Money market funds, wealth products of banks", "货币基金、银行理财", 4, 0},
		{"Loans to others, bond funds", "网络借贷、债券基金", 7, 0},
		{"Shares, futures, private funds", "股票、期货、私募基金", 10, 0},
	}},
	{"knowledge", "A borrower does not repay. Who makes good your loss?", "借款人不还款时，由谁弥补您的损失？", []Option{
		{"The platform", "平台", 0, 1},
		{"The custodian bank", "存管银行", 0, 1},
		{"I do not know", "不知道", 0, 2},
		{"Nobody, unless a guarantor was named: the risk is mine", "除非约定了担保人，否则由本人承担", 10, 0},
	}},
	{"horizon", "For how long can you do without the money?", "这笔资金您可以多久不用？", []Option{
		{"Less than three months", "3 个月以内", 0, 1},
		{"Up to a year", "1 年以内", 4, 0},
		{"One to three years", "1 至 3 年", 7, 0},
		{"More than three years", "3 年以上", 10, 0},
	}},
	{"purpose", "What matters most to you?", "您最看重什么？", []Option{
		{"To keep what I have", "本金安全", 0, 2},
		{"A steady return", "收益稳定", 4, 0},
		{"A good return, with ups and downs", "较高收益，可接受波动", 7, 0},
		{"The highest return", "收益最大化", 10, 0},
	}},
	{"loss", "What is the most that you could bear to lose in a year?", "一年内您最多能承受多少损失？", []Option{
		{"Nothing", "不能承受任何损失", 0, 1},
		{"Up to 5 %", "5% 以内", 4, 3},
		{"Up to 15 %", "15% 以内", 7, 5},
		{"More than 15 %", "15% 以上", 10, 0},
	}},
}

// contradictions names pairs of answers that do not go together.
func contradictions(answers Answers) []string {
	var found []string
	if answers["experience"] == 0 && answers["products"] == 3 {
		found = append(found, "experience, products")
	}
	if answers["loss"] == 0 && answers["purpose"] == 3 {
		found = append(found, "loss, purpose")
	}
	if answers["debts"] == 0 && answers["share"] == 0 {
		found = append(found, "debts, share")
	}
	return found
}
