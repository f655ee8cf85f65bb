package masking_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/masking"
	"github.com/tallystick/tallystick/gateway-app/store"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type card struct {
	ID      string   `json:"id" mask:"plain,public"`
	Note    string   `json:"note,omitempty" mask:"plain,internal"`
	Name    string   `json:"name,omitempty" mask:"name,secret"`
	Number  string   `json:"number,omitempty" mask:"identity_number,top secret"`
	Phones  []string `json:"phones,omitempty" mask:"phone,secret"`
	Balance int64    `json:"balance,omitempty" mask:"plain,secret"`
	Inner   *inner   `json:"inner,omitempty" mask:"-"`
}

type inner struct {
	Account string `json:"account,omitempty" mask:"bank_account,top secret"`
}

func aCard() card {
	return card{
		ID: "c1", Note: "seen", Name: "张三", Number: "110101199003071234", Phones: []string{"13812345678", "5"},
		Balance: 7, Inner: &inner{Account: "6222020200112233"},
	}
}

// Every role and class: what a reader gets, and the record as it gets it.
func TestEveryRoleAndClass(t *testing.T) {
	var b strings.Builder
	b.WriteString("# role × class → view\n")
	for _, role := range append(masking.Roles(), "nobody") {
		for class := store.Public; class <= store.TopSecret; class++ {
			fmt.Fprintf(&b, "%-18s %-10s %s\n", role, class, masking.ViewOf(class, role))
		}
	}
	b.WriteString("# role → a record as it gets it\n")
	for _, role := range append(masking.Roles(), "nobody") {
		text, err := masking.Marshal(aCard(), role)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%-18s %s\n", role, text)
	}
	golden(t, "testdata/views.txt", b.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at it after -update:\n%s", path, got)
	}
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		form        masking.Form
		value, want string
	}{
		{masking.Name, "张三", "张*"},
		{masking.Name, "欧阳修文", "欧***"},
		{masking.Name, "", ""},
		{masking.IdentityNumber, "110101199003071234", "110101********1234"},
		{masking.IdentityNumber, "110101900307123", "****"},
		{masking.Phone, "13812345678", "138****5678"},
		{masking.Phone, "1381234", "****"},
		{masking.BankAccount, "6222020200112233", "****2233"},
		{masking.BankAccount, "1234567", "****"},
		{masking.Email, "zhang@example.org", "z***@example.org"},
		{masking.Email, "zhang", "****"},
		{masking.Address, "浙江省杭州市西湖区文三路一号", "浙江省杭州市****"},
		{masking.Address, "文三路一号", "****"},
		{masking.Date, "1990-03-07", "1990-**-**"},
		{masking.Plain, "anything", "****"},
		{"unknown", "anything", ""},
	} {
		if got := c.form.Mask(c.value); got != c.want {
			t.Errorf("%s %q: %q, want %q", c.form, c.value, got, c.want)
		}
	}
}

// The widest of several roles counts, and no role at all sees what is public.
func TestSeveralRoles(t *testing.T) {
	if v := masking.ViewOf(store.Secret, "borrower", masking.Own); v != masking.Clear {
		t.Errorf("one's own record is %s", v)
	}
	if v := masking.ViewOf(store.Internal); v != masking.Hidden {
		t.Errorf("without a role: %s", v)
	}
	if v := masking.ViewOf(store.Public); v != masking.Clear {
		t.Errorf("public: %s", v)
	}
}

// The value that is masked stays whole, whatever it holds.
func TestTheOriginalIsNotChanged(t *testing.T) {
	whole := aCard()
	masked, err := masking.Mask([]*card{&whole, nil}, "finance")
	if err != nil {
		t.Fatal(err)
	}
	if masked[0].Name != "张*" || masked[0].Phones[0] != "138****5678" || masked[0].Balance != 0 || masked[0].Inner.Account != "****2233" || masked[1] != nil {
		t.Errorf("masked: %+v %+v", masked[0], masked[0].Inner)
	}
	if want := aCard(); whole.Name != want.Name || whole.Phones[0] != want.Phones[0] || whole.Inner.Account != want.Inner.Account {
		t.Errorf("the original became %+v", whole)
	}
}

func TestWrongTagsAreRefused(t *testing.T) {
	type forgetful struct {
		Name  string `mask:"name,secret"`
		Phone string
	}
	type wrongClass struct {
		Name string `mask:"name,private"`
	}
	type wrongForm struct {
		Name string `mask:"nom,secret"`
	}
	if _, err := masking.Mask(forgetful{Phone: "1"}, "risk_officer"); err == nil {
		t.Error("a field without a tag passed")
	}
	if _, err := masking.Mask(wrongClass{}, "risk_officer"); err == nil {
		t.Error("a class that is none passed")
	}
	if _, err := masking.Mask(wrongForm{}, "risk_officer"); err == nil {
		t.Error("a form that is none passed")
	}
	type plain struct{ Count int }
	if got, err := masking.Mask(plain{3}); got.Count != 3 || err != nil {
		t.Errorf("a struct without tags: %+v, %v", got, err)
	}
}
