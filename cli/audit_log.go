package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// tokenVariable holds a token of the gateway app, which does not belong on a command line: every user of
// the machine can read that.
const tokenVariable = "TALLY_TOKEN"

// auditedLog says where an access log comes from, and against what it is verified.
type auditedLog struct {
	app     client.Settings
	member  string
	offline bool
}

type auditView struct {
	client.AccessVerdict
	Member     string `json:"member,omitempty"`
	Offline    bool   `json:"offline"`
	Unanchored int64  `json:"unanchored_rows"` // at the end: the member could still rewrite these
}

func newAuditLog(s *session) *cobra.Command {
	a := auditedLog{}
	command := &cobra.Command{
		Use:   "log [FILE]",
		Short: "Verify a member's access log: that no row was altered, deleted or moved",
		Long: "Recompute the chain of an exported access log (GET /v1/audit-log as application/x-ndjson), or of one\n" +
			"that is fetched from the member's gateway app with --url and the token in $" + tokenVariable + ". Then look for\n" +
			"every head of it that the member anchored on the ledger. With --offline nothing is asked of the ledger:\n" +
			"a log that was rewritten as a whole passes then.\n\n" +
			"Rows that would tell of an alert are withheld from whoever may not read alerts: they stand without what\n" +
			"they say. Their place in the chain is verified like that of every other row; what they say is verified\n" +
			"by an auditor, with a key that is good for audit_log.read and alert.list.",
		Args: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) > 0 && a.app.URL != "":
				return misused("name a file or --url, not both")
			case a.offline && a.member != "":
				return misused("--offline looks for no anchors: leave out --member")
			case a.app.URL != "":
				return arguments()(command, args)
			}
			return arguments("FILE")(command, args)
		},
		RunE: func(command *cobra.Command, args []string) error {
			return s.auditLog(command.Context(), a, strings.Join(args, ""))
		},
	}
	flags := command.Flags()
	flags.StringVar(&a.app.URL, "url", "", "fetch the log from this gateway app")
	flags.StringVar(&a.app.CAPath, "ca", "", "the authority of the gateway app's certificate")
	flags.StringVar(&a.app.ServerName, "server-name", "", "the name in the gateway app's certificate")
	flags.StringVar(&a.member, "member", "", "whose log it is (default: the profile's member)")
	flags.BoolVar(&a.offline, "offline", false, "do not compare with the heads on the ledger")
	return command
}

func (s *session) auditLog(ctx context.Context, a auditedLog, path string) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	var heads []client.AccessHead
	if !a.offline {
		profile, err := s.profile()
		if err != nil {
			return err
		}
		if a.member == "" {
			a.member = profile.Member
		}
		err = s.within(ctx, func(ctx context.Context, c *ledger.Client) error {
			heads, err = s.anchoredHeads(ctx, c, a.member)
			return err
		})
		if err != nil {
			return err
		}
	}
	rows, done, err := a.rows(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	verdict, err := client.VerifyAccessLog(rows, heads)
	var finding *client.AccessFinding
	if errors.As(err, &finding) {
		return unverified("%w", finding)
	}
	if err != nil {
		return err
	}
	return s.printAudit(auditView{
		AccessVerdict: verdict, Member: a.member, Offline: a.offline, Unanchored: verdict.Rows - verdict.Latest,
	})
}

// rows opens the log, wherever it is. The caller calls done.
func (a auditedLog) rows(ctx context.Context, path string) (rows iter.Seq2[client.AccessRow, error], done func(), err error) {
	if a.app.URL == "" {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, fmt.Errorf("read the access log: %w", err)
		}
		return client.ReadAccessLog(file), func() { file.Close() }, nil
	}
	a.app.Token = os.Getenv(tokenVariable)
	if a.app.Token == "" {
		return nil, nil, fmt.Errorf("fetch the access log: set %s to an API key that is good for audit_log.read", tokenVariable)
	}
	app, err := client.New(a.app)
	if err != nil {
		return nil, nil, err
	}
	return app.AccessLog(ctx), func() {}, nil
}

// anchoredHeads finds, in the chain's own blocks, every head that the member anchored.
func (s *session) anchoredHeads(ctx context.Context, c *ledger.Client, member string) ([]client.AccessHead, error) {
	logs, err := s.rebuildLogs(ctx, c)
	if err != nil {
		return nil, err
	}
	var heads []client.AccessHead
	for _, log := range logs {
		if log.member != member {
			continue
		}
		for _, e := range log.entries {
			if e.entry.Phase == evidence.PhaseAudit && e.entry.MediaType == client.AccessHeadType {
				heads = append(heads, client.AccessHead{Hash: e.entry.Digest})
			}
		}
	}
	return heads, nil
}

func (s *session) printAudit(view auditView) error {
	var remarks []string
	switch {
	case view.Offline:
		remarks = append(remarks, "not compared with the ledger: a log that was rewritten as a whole passes, too")
	case view.Heads == 0:
		remarks = append(remarks, "no head of this log is on the ledger yet: a log that was rewritten as a whole passes, too")
	case view.Unanchored > 0:
		remarks = append(remarks, "the rows after the last anchored head could still be rewritten")
	}
	if view.Withheld > 0 {
		remarks = append(remarks, "of withheld rows their place was verified, and not what they say")
	}
	return s.print(view, facts("verified",
		"member", view.Member, "rows", fmt.Sprint(view.Rows), "withheld rows", fmt.Sprint(view.Withheld), "head", view.Head,
		"anchored heads", fmt.Sprint(view.Heads), "anchored up to row", fmt.Sprint(view.Latest), "remark", strings.Join(remarks, "; ")))
}
