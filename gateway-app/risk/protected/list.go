package protected

// words are whole words, or several that are written as one.
var words = []string{
	"age", "ages", "dob", "divorced", "female", "females", "male", "males", "man", "men", "woman", "women", "nation",
	"immigrant", "race", "racial", "refugee", "sex", "sexes", "sexual", "sexuality", "spouse",
	"widow", "widowed", "widower", "wife",
	"ageband", "agebracket", "agegroup", "ageinyears", "agerange", "ageyears", "applicantage", "borrowerage", "clientage",
	"customerage", "userage", "yearsold", "applicantsex", "borrowersex", "clientsex", "customersex", "usersex",
	"civilstatus", "familystatus", "personalstatus", "maidenname", "countryoforigin", "nationalorigin", "foreignworker",
	"skincolor", "skincolour",
	"xingbie", "nianling", "hunyin", "minzu",
}

// stems say the same within longer words too.
var stems = []string{
	"birth", "citizen", "disabilit", "ethnic", "foreigner", "gender", "husband", "marital", "marriage", "married",
	"nationalit", "pregnan", "religio", //nolint:misspell // beginnings of words
}

// things have an age that nobody is protected by.
var things = []string{
	"account", "asset", "business", "car", "card", "company", "credit", "debt", "device", "file", "firm", "house",
	"install", "invoice", "loan", "phone", "property", "vehicle",
}

// hanWords are Chinese, in simplified and traditional signs.
var hanWords = []string{
	"性别", "性別", "男性", "女性", "男女", "年龄", "年齡", "年纪", "年紀", "周岁", "岁数", "出生", "生日", "婚", "配偶", "丈夫", "妻子",
	"国籍", "國籍", "外籍", "籍贯", "籍貫", "民族", "种族", "種族", "族裔", "宗教", "信仰", "残疾", "殘疾", "怀孕", "懷孕", "孕妇", "孕婦",
}

// hanThings are ages of things, in Chinese.
var hanThings = []string{
	"账户年龄", "账号年龄", "设备年龄", "安装年龄", "企业年龄", "公司年龄", "车辆年龄", "房屋年龄", "帳戶年齡", "設備年齡",
}
