package serve

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/credit"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// exporter is a part that tells customers what it keeps about them, from the tables that it purges with their record.
type exporter struct {
	name   string
	tables []string
	tell   person.Tell
}

const tipping = "would tip off"

// withheld are the tables that a purge empties and no export shows, and why.
var withheld = map[string]string{
	"access_activation": "a code's digest", "access_approval": "what the staff asked of one another", "access_attempt": "counts of failed sign-ins",
	"access_certificate": "the staff's and machines'", "access_key": "digests of secrets", "access_oidc_link": "the staff's sign-on",
	"access_place": "a keyed mark of where a sign-in came from", "access_session": "digests of secrets",
	"alert": tipping, "alert_evidence": tipping, "alert_hand": tipping, "alert_movement": tipping, "alert_payee": tipping,
	"alert_step": tipping, "suspicion": tipping,
	"pseudonym_application": "blinded, unreadable here", "pseudonym_element": "blinded, unreadable here",
	"underwriting_trace": "keyed marks of what the application itself shows",
	"warning":            "what the staff watches a loan by", "warning_band": "what the staff watches a loan by", "warning_loan": "what the staff watches a loan by",
}

// exporters are all parts that an export asks, beside the record itself, its papers and its case. A test holds them
// against the purgers: what can be purged is exported, or withheld for a reason.
func (f *foundations) exporters() []exporter {
	all := []exporter{
		{"users", []string{"access_user", "access_user_role"}, f.tellUsers},
		{"credit_reports", []string{"credit_report"}, f.tellReports},
		{"consents", nil, f.tellConsents}, // the ledger's: they outlive the record
		{"reminders", []string{"reminder"}, f.rows(`SELECT loan, due_on, days, channel, status, made_at, ended_at FROM reminder WHERE party = $1 ORDER BY seq`)},
		{"reminder_choices", []string{"reminder_choice"}, f.rows(`SELECT channel, opted_out, chosen_at FROM reminder_choice WHERE party = $1 ORDER BY channel`)},
		{"reminder_language", []string{"reminder_language"}, f.rows(`SELECT language FROM reminder_language WHERE party = $1`)},
	}
	if f.funding != nil {
		all = append(all, exporter{"suitability", []string{"suitability"}, f.tellSuitability})
	}
	if f.desk != nil {
		tables := []string{"underwriting_application", "underwriting_decision", "underwriting_review"}
		all = append(all, exporter{"applications", tables, f.tellApplications})
	}
	return all
}

// tellUsers answers who signs in as a party, without secrets.
func (f *foundations) tellUsers(ctx context.Context, handle string) (any, error) {
	if f.users == nil {
		return nil, nil //nolint:nilnil // nobody signs in: the part keeps nothing
	}
	ids, err := f.users.UsersOf(ctx, handle)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	type user struct {
		ID        string        `json:"id"`
		Name      string        `json:"name"`
		Status    string        `json:"status"`
		Roles     []access.Role `json:"roles"`
		CreatedAt string        `json:"created_at"`
	}
	var users []user
	for _, id := range ids {
		u, err := f.users.User(ctx, id)
		if err != nil {
			return nil, err
		}
		users = append(users, user{u.ID, u.Name, u.Status, u.Roles, u.CreatedAt})
	}
	return users, nil
}

// tellReports answers what bureaus said of a party, under which consent.
func (f *foundations) tellReports(ctx context.Context, handle string) (any, error) {
	rows, err := f.db.QueryContext(ctx, `SELECT consent, report FROM credit_report WHERE party = $1 ORDER BY source, consent`, handle)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	type kept struct {
		Consent int `json:"consent"`
		credit.Report
	}
	var reports []kept
	for rows.Next() {
		var one kept
		var text string
		if err := rows.Scan(&one.Consent, &text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &one.Report); err != nil {
			return nil, err
		}
		reports = append(reports, one)
	}
	return some(reports), rows.Err()
}

// tellConsents answers a party's consents as the ledger has them.
func (f *foundations) tellConsents(ctx context.Context, handle string) (any, error) {
	var consents []party.Consent
	for _, collection := range f.collections() {
		held, err := f.books.Party(ctx, collection, handle)
		if errors.Is(err, fault.New(fault.NotFound)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		consents = append(consents, held.State.Consents...)
	}
	return some(consents), nil
}

// tellSuitability answers in what class a lender is.
func (f *foundations) tellSuitability(ctx context.Context, handle string) (any, error) {
	class, err := f.funding.Class(ctx, handle)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return nil, nil //nolint:nilnil // never assessed: the part keeps nothing
	}
	return class, err
}

// mostApplications bounds how many of a party's applications are exported.
const mostApplications = 1_000

// tellApplications answers what was applied for, how it was decided, and what people said about it. Who of the staff
// said it is not told.
func (f *foundations) tellApplications(ctx context.Context, handle string) (any, error) {
	type application struct {
		Submission underwriting.Application `json:"submission"`
		Decision   underwriting.Told        `json:"decision"`
		Reviews    []underwriting.Review    `json:"reviews"`
	}
	decisions, _, err := f.desk.Decisions(ctx, underwriting.Filter{Party: handle, Limit: mostApplications})
	if err != nil {
		return nil, err
	}
	var all []application
	for _, d := range decisions {
		var one application
		if one.Decision, err = d.Told(); err != nil {
			return nil, err
		}
		if one.Submission, err = f.desk.Submission(ctx, d.Application); err != nil {
			return nil, err
		}
		if one.Reviews, err = f.desk.Reviews(ctx, d.Application); err != nil {
			return nil, err
		}
		for i := range one.Reviews {
			one.Reviews[i].By, one.Reviews[i].ApprovedBy = "", ""
		}
		all = append(all, one)
	}
	return some(all), nil
}

// rows tells what a query about a party finds, by the names of its columns.
func (f *foundations) rows(query string) person.Tell {
	return func(ctx context.Context, handle string) (any, error) {
		found, err := f.db.QueryContext(ctx, query, handle)
		if err != nil {
			return nil, err
		}
		defer found.Close()
		names, err := found.Columns()
		if err != nil {
			return nil, err
		}
		var all []map[string]any
		for found.Next() {
			values := make([]any, len(names))
			into := make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := found.Scan(into...); err != nil {
				return nil, err
			}
			row := map[string]any{}
			for i, name := range names {
				if text, ok := values[i].([]byte); ok {
					values[i] = string(text)
				}
				row[name] = values[i]
			}
			all = append(all, row)
		}
		return some(all), found.Err()
	}
}

// some is a list that has something in it, or nothing at all.
func some(list any) any {
	if reflect.ValueOf(list).Len() == 0 {
		return nil
	}
	return list
}
