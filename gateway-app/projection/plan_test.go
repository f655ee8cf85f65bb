package projection

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/store/storetest"
)

// Reports of a million loans are quick by their indexes. A query that is reworded, or whose tables are joined in another
// order, is as right as before and no longer quick: SQLite's own plans say so.
func TestReportsTakeTheirIndexes(t *testing.T) {
	db := storetest.SQLite(t)
	for _, c := range []struct {
		query string
		args  []any
		takes []string
	}{
		{currenciesOf, []any{"harbor-meridian"}, []string{"rm_terms USING COVERING INDEX rm_terms_by_currency (collection=?)"}},
		{legalPseudonyms, []any{wire.Exposure}, []string{"p USING COVERING INDEX rm_party_legal", "SEARCH l USING INDEX", "(collection=? AND id=?)"}},
		{"SELECT COUNT(*), SUM(total_minor) FROM rm_exposure WHERE total_minor > 0", nil, []string{"COVERING INDEX rm_exposure_by_total"}},
		{
			"SELECT function FROM outbox_command WHERE (status = 'refused' OR replace(answer, 'refused', '') <> answer) AND decided_at > ''",
			nil,
			[]string{"INDEX outbox_command_refused"},
		},
	} {
		plan := planOf(t, db, c.query, c.args)
		for _, step := range c.takes {
			if !strings.Contains(plan, step) {
				t.Errorf("%s\nis planned without %q:\n%s", c.query, step, plan)
			}
		}
	}
}

// planOf asks how a query would be answered.
func planOf(t *testing.T, db *store.DB, query string, args []any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int64
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
