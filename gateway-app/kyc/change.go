package kyc

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
)

// Change is a change of a person's record, by the names of what was changed: the fields of the record, the party,
// and as papers.KIND a new document.
type Change struct {
	Person string
	By     string
	Fields []string
}

// PaperField is how a change names a new document of a kind.
func PaperField(kind string) string { return "papers." + kind }

// judgedBy are the fields that providers and officers judge a person by.
var judgedBy = []string{"name", "identity_number", "phone"}

// Changed voids what a case was judged by, in the transaction that changes it: the check's report, and the
// verification itself, which is suspended until the person is submitted again. The ledger is told at once. A party
// that has a case stays the person's: the case, and what the ledger was told, are about that party.
func (c *Cases) Changed(ctx context.Context, tx *sql.Tx, change Change) error {
	before, sequence, err := find(ctx, tx, change.Person)
	if err != nil {
		return fmt.Errorf("find the case of %s: %w", change.Person, err)
	}
	if before.Status == None {
		return nil
	}
	if slices.Contains(change.Fields, "party") {
		return fault.In(fault.WrongStatus, "party")
	}
	fields := before.Submission.judged(change.Fields)
	if len(fields) == 0 {
		return nil
	}
	_, err = c.step(ctx, tx, before, sequence, Command{Action: ActChange, Actor: Applicant, By: change.By, On: c.today(), Fields: fields})
	if err != nil {
		return fmt.Errorf("change the case of %s: %w", change.Person, err)
	}
	return nil
}

// judged are those of the fields by which the case was judged. An account counts where a custodian vouches for it,
// and a document where the case holds an older one of its kind.
func (sub Submission) judged(fields []string) []string {
	var judged []string
	for _, field := range fields {
		paper := func(p Paper) bool { return PaperField(p.Kind) == field }
		account := field == "bank_account" && sub.AccountDigest != ""
		if account || slices.Contains(judgedBy, field) || slices.ContainsFunc(sub.Papers, paper) {
			judged = append(judged, field)
		}
	}
	return judged
}
