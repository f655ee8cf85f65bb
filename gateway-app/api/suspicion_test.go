package api_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// The form for the authority names the customer and has every id whole, in each format and language; to an auditor its
// names are masked. Each rendering is in the access log, under the party and its record, and no name is in any other
// place than the vault.
func TestTheFormForTheAuthorityNamesTheCustomer(t *testing.T) {
	s := watched(t)
	key, err := keys.Generate(party.P256)
	if err != nil {
		t.Fatal(err)
	}
	s.parts.Customers = customers(t, &s.parts, key, nil)
	if fonts, err := report.OpenFonts(filepath.Join("..", "..", ".tools", "fonts")); err == nil {
		s.parts.Renderer = report.NewRenderer(fonts)
	}
	s.restart()
	made, err := s.parts.Customers.People.Create(t.Context(), handle(1), "natural", person.Fields{
		Name: "张三丰", IdentityNumber: "11010519491231002X", Phone: "13812345678", BankAccount: "6222020200112233",
	})
	if err != nil {
		t.Fatal(err)
	}
	officer, auditor := s.playing(access.Compliance)(false), s.playing(access.Auditor)(false)
	body := `{"outcome":"reported","narrative":"in and out","reason":"fraud"}`
	want[alert.Alert](t, s.post("/v1/alerts/"+handle(901)+"/outcome", body, append(officer, "Idempotency-Key", "form-for-authority")...), 200)
	found := want[projection.List[alert.Suspicion]](t, s.get("/v1/suspicions", officer...), 200).Items[0]
	path := "/v1/suspicions/" + found.ID + "/document?format="
	whole := []string{"张三丰", "11010519491231002X", "13812345678", "6222020200112233", handle(1), handle(901), found.ID}
	for _, c := range []struct {
		format       string
		headers      []string
		shows, hides []string
	}{
		{"json", officer, append(whole, "涉嫌诈骗", "suspected fraud"), nil},
		{"csv&language=en", officer, append(whole, "suspected fraud", "identity number", "in and out"), nil},
		{"csv&language=zh", officer, append(whole, "涉嫌诈骗", "证件号码", "充值"), nil},
		{"json", auditor, []string{"张**", "110105********002X", handle(1), handle(901)}, []string{"张三丰", "13812345678", "6222020200112233"}},
	} {
		w := s.get(path+c.format, c.headers...)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", c.format, w.Code, w.Body)
		}
		for _, text := range c.shows {
			if !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s does not show %s: %s", c.format, text, w.Body)
			}
		}
		for _, text := range c.hides {
			if strings.Contains(w.Body.String(), text) {
				t.Errorf("%s shows %s", c.format, text)
			}
		}
	}
	renderings := 4
	for format, begins := range map[string]string{"xlsx": "PK", "pdf": "%PDF"} {
		if s.parts.Renderer == nil && format == "pdf" {
			continue
		}
		renderings++
		if w := s.get(path+format, officer...); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), begins) {
			t.Errorf("%s: %d", format, w.Code)
		}
	}
	s.seenTimes(auditor, renderings, handle(1), made.ID)
	for _, role := range []access.Role{access.CustodianOperator, access.Supervisor, access.Administrator, access.Machine} {
		if code := s.get(path+"json", s.playing(role)(false)...).Code; code != http.StatusForbidden {
			t.Errorf("to %s it is shown: %d", role, code)
		}
	}
	s.inTheVaultAlone("张三丰", "11010519491231002X", "6222020200112233")
}

// seenTimes wants the form's renderings in the access log, under each of whom they show.
func (s *scene) seenTimes(auditor []string, times int, subjects ...string) {
	s.t.Helper()
	for _, subject := range subjects {
		seen := 0
		for _, row := range want[projection.List[chain.Row]](s.t, s.get("/v1/audit/subjects/"+subject, auditor...), 200).Items {
			if row.Operation == "suspicion.export" {
				seen++
			}
		}
		if seen != times {
			s.t.Errorf("of %s the log knows %d renderings, want %d", subject, seen, times)
		}
	}
}

// inTheVaultAlone wants values in no column of the database in the clear, notices and kept answers among them.
func (s *scene) inTheVaultAlone(values ...string) {
	s.t.Helper()
	columns, err := s.parts.Store.Columns(s.t.Context())
	if err != nil || len(columns) < 100 {
		s.t.Fatal(len(columns), err)
	}
	for _, c := range columns {
		for _, value := range values {
			var n int
			query := fmt.Sprintf(`SELECT COUNT(*) FROM %s WHERE CAST(%s AS TEXT) LIKE $1`, c.Table, c.Name)
			if err := s.parts.Store.QueryRow(query, "%"+value+"%").Scan(&n); err != nil || n > 0 {
				s.t.Errorf("%s.%s holds %s: %d, %v", c.Table, c.Name, value, n, err)
			}
		}
	}
	entries, err := s.parts.Notices.Alerts().List(s.t.Context(), 0, 100, notice.Filter{})
	if err != nil || len(entries) == 0 {
		s.t.Error(len(entries), err)
	}
}
