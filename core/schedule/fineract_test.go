package schedule_test

import (
	"os"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

// oracle reads results that others published. They lie beside the repository, where not everyone has them: the test
// is skipped then, and fails where TALLYSTICK_REQUIRE_ORACLES=1 says that they must be there.
func oracle(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../shared/oracles/" + name)
	if os.IsNotExist(err) && os.Getenv("TALLYSTICK_REQUIRE_ORACLES") == "" {
		t.Skipf("%s is not beside the repository; the vectors in testdata carry its figures", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestFineractSchedules reads Apache Fineract's own expected tables and compares every row: scenarios
// RS02 to RS04, the ones with declining interest and neither grace nor interest-free periods.
func TestFineractSchedules(t *testing.T) {
	text := oracle(t, "fineract/LoanRepayment.feature")
	terms := schedule.Terms{
		PrincipalMinor: 5000_00, RatePPM: 120_000, Instalments: 18, Start: date(t, "2022-11-01"),
	}
	for scenario, differ := range map[string]func(*schedule.Terms){
		"RS02": func(t *schedule.Terms) {
			t.Method, t.DayCount, t.InstalmentMultipleMinor = schedule.EqualInstalment, calendar.Thirty360, 100
		},
		"RS03": func(t *schedule.Terms) {
			t.Method, t.DayCount, t.InstalmentMultipleMinor = schedule.EqualInstalment, calendar.Actual365, 100
		},
		"RS04": func(t *schedule.Terms) {
			t.Method, t.DayCount = schedule.EqualPrincipal, calendar.Thirty360
		},
	} {
		t.Run(scenario, func(t *testing.T) {
			own := terms
			differ(&own)
			rows, err := schedule.Generate(own)
			if err != nil {
				t.Fatal(err)
			}
			want := fineractRows(t, string(text), scenario)
			if len(rows) != len(want) {
				t.Fatalf("%d rows, want %d", len(rows), len(want))
			}
			for i, row := range rows {
				if row.Due != want[i].Due || row.PrincipalMinor != want[i].PrincipalMinor || row.InterestMinor != want[i].InterestMinor {
					t.Errorf("row %+v, want %+v", row, want[i])
				}
			}
		})
	}
}

// fineractRows finds a scenario's table: "| 1 | 30 | 01 December 2022 | | 4745.0 | 255.0 | 50.0 | ...".
func fineractRows(t *testing.T, text, scenario string) []schedule.Row {
	t.Helper()
	_, text, found := strings.Cut(text, "Scenario: "+scenario+" ")
	if !found {
		t.Fatalf("no scenario %s", scenario)
	}
	text, _, _ = strings.Cut(text, "Scenario:")
	var rows []schedule.Row
	for _, line := range strings.Split(text, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 10 || strings.Trim(cells[1], " 0123456789") != "" || strings.TrimSpace(cells[1]) == "" {
			continue
		}
		rows = append(rows, schedule.Row{
			Number:         count(t, strings.TrimSpace(cells[1])),
			Due:            fineractDate(t, strings.TrimSpace(cells[3])),
			PrincipalMinor: fineractAmount(t, cells[6]),
			InterestMinor:  fineractAmount(t, cells[7]),
		})
		if len(rows) == 18 {
			break
		}
	}
	return rows
}

func fineractAmount(t *testing.T, cell string) money.Minor { return yuan(t, strings.TrimSpace(cell)) }

// fineractDate reads "01 December 2022".
func fineractDate(t *testing.T, text string) calendar.Date {
	t.Helper()
	months := []string{
		"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December",
	}
	parts := strings.Fields(text)
	for i, name := range months {
		if len(parts) == 3 && parts[1] == name {
			return calendar.NewDate(count(t, parts[2]), i+1, count(t, parts[0]))
		}
	}
	t.Fatalf("%q is no date", text)
	return 0
}
