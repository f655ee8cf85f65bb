package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/client"
)

// mostAtOnce is how many applications one call brings.
const mostAtOnce = 100

// asked is an application as the platform's app takes it.
type asked struct {
	Party       string                     `json:"party"`
	AmountMinor money.Minor                `json:"amount_minor"`
	TermMonths  int                        `json:"term_months"`
	Purpose     string                     `json:"purpose"`
	Features    map[string]json.RawMessage `json:"features"`
	Device      device                     `json:"device"`
}

// device is what the borrower's phone told: each has one of their own, and takes a minute and a half.
type device struct {
	ID          string `json:"id"`
	FormSeconds int    `json:"form_seconds"`
}

// decided is a decision as the app answers it.
type decided struct {
	ID          string `json:"id"`
	Application string `json:"application"`
	Outcome     string `json:"outcome"`
	Status      string `json:"status"`
	Terms       struct {
		Grade      string      `json:"grade"`
		LimitMinor money.Minor `json:"limit_minor"`
	} `json:"terms"`
}

// approved reports whether the loan may be proposed.
func (d decided) approved() bool { return d.Status == "approved" }

// decide has the platform's app decide every application, and its officer of risk what the app refers to one.
func (s *stage) decide(b *book) error {
	for start := 0; start < len(b.loans); start += mostAtOnce {
		part := b.loans[start:min(start+mostAtOnce, len(b.loans))]
		items := make([]asked, len(part))
		for i, l := range part {
			items[i] = l.asks()
		}
		answer, err := client.Send[struct {
			Items []decided `json:"items"`
		}](s.ctx, b.platform.Office, http.MethodPost, "/v1/applications", map[string]any{"items": items})
		if err != nil {
			return fmt.Errorf("send applications in: %w", err)
		}
		for i, l := range part {
			l.decision = answer.Items[i]
			if err := s.judge(b, l); err != nil {
				return err
			}
		}
	}
	return nil
}

// asks is what the borrower asks for.
func (l *agreed) asks() asked {
	phone := sha256.Sum256([]byte("phone of " + l.Borrower.Handle))
	return asked{
		Party: l.Borrower.Handle, AmountMinor: l.principal, TermMonths: l.instalments, Purpose: "personal", Features: l.features,
		Device: device{ID: hex.EncodeToString(phone[:]), FormSeconds: 90},
	}
}

// judge is the officer's part: somebody who asks for no more than twice what the program would lend at once
// gets it, others do not. The words are what the borrower reads.
func (s *stage) judge(b *book, l *agreed) error {
	if l.decision.Status != "referred" {
		return nil
	}
	verdict := map[string]string{"outcome": "approve", "words": "收入与负债已人工核实，同意放款 / income and debts were looked at by a person"}
	if l.principal > 2*l.decision.Terms.LimitMinor {
		verdict = map[string]string{"outcome": "refuse", "words": "申请金额超出还款能力 / the amount is beyond what can be repaid"}
	}
	after, err := client.Send[decided](s.ctx, b.platform.RiskOfficer, http.MethodPost, "/v1/decisions/"+l.decision.ID+"/review", verdict)
	if err != nil {
		return fmt.Errorf("judge an application that was referred: %w", err)
	}
	l.decision.Status = after.Status
	return nil
}
