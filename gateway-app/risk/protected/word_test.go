package protected_test

import (
	"testing"

	"github.com/tallystick/tallystick/gateway-app/risk/protected"
)

func TestNamesThatSayWhatIsProtected(t *testing.T) {
	for name, want := range map[string]string{
		"AGE": "age", "SEX": "sex", "MARRIAGE": "marriage", "ａｇｅ": "age", "ＳＥＸ": "sex", "applicantAge": "age", "a\u200bge": "age",
		"age_2": "age", "agegroup": "agegroup", "customerage": "customerage", "yearofbirth": "birth", "year_of_birth": "birth",
		"foreign_worker": "foreignworker", "foreignWorker": "foreignworker", "personal_status": "personalstatus",
		"personal_status_sex": "sex", "nation": "nation", "husband": "husband", "is_married": "married", "unmarried": "married",
		"客户性别": "性别", "婚姻状况": "婚", "客户年龄": "年龄", "民族成分": "民族", "客户性別": "性別", "客户_性_别": "性别",
		"是否已婚": "婚", "客户sex": "sex", "出生日期": "出生",
	} {
		if got := protected.Word(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNamesThatOnlySoundLikeIt(t *testing.T) {
	for _, name := range []string{
		"", "average_balance", "message", "mortgage", "essex", "usage", "annual_inc", "install_age_hours", "account_age",
		"account_age_group", "loan_age", "personal_loans", "foreign_currency_debt", "international", "embrace", "manual",
		"账户年龄", "账龄", "客户收入", "国际汇款", "家族企业", "性能",
	} {
		if got := protected.Word(name); got != "" {
			t.Errorf("%s: %q, want nothing", name, got)
		}
	}
}
