package main

import (
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// newRoot assembles the commands over one session.
func newRoot(out, diagnostics io.Writer) *cobra.Command {
	s := &session{out: out, diagnostics: diagnostics}
	root := group("tally", "Read the ledger, and verify it without trusting any member",
		newNetwork(s),
		group("regime", "Regime packs: the rules of lending, dated", newRegimeList(s), newRegimeShow(s)),
		group("loan", "Loans", newLoanList(s), newLoanShow(s), newLoanHistory(s), newLoanSchedule(s)),
		group("party", "Parties: pseudonyms, never people", newPartyShow(s)),
		group("mandate", "Mandates of lenders and borrowers", newMandateShow(s)),
		group("custody", "The custodian's instructions and suspense", newCustodyList(s), newCustodyShow(s), newCustodySuspense(s)),
		group("evidence", "Digests of documents, anchored", newEvidenceAdd(s), newEvidenceFind(s), newEvidenceVerify(s)),
		group("tx", "Transactions", newTxShow(s)),
		group("block", "Blocks", newBlockShow(s)),
		group("audit", "What a member's gateway app wrote about who did what", newAuditLog(s)),
		newRisk(s),
		group("report", "Reports of a member's gateway app, and disclosures computed from the ledger", newReportList(s), newReportRun(s)),
		newCheck(s),
	)
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetOut(out)
	root.SetErr(diagnostics)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	flags := root.PersistentFlags()
	flags.StringVar(&s.profileName, "profile", "", "connection profile: a file, or a member of the development network (default: $TALLY_PROFILE, else found)")
	flags.StringVar(&s.identityName, "as", "", "identity of the profile to act as (default: the one with the fewest rights)")
	flags.StringVarP(&s.format, "output", "o", "table", "how to print: "+formats())
	flags.DurationVar(&s.patience, "timeout", 10*time.Minute, "give up after this long")
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return errors.Join(s.checkFormat(), s.checkWay()) }
	complete(root, s)
	return root
}

// group is a command that only holds others.
func group(use, short string, children ...*cobra.Command) *cobra.Command {
	command := &cobra.Command{
		Use: use, Short: short,
		Args: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return misused("%s has no command %q: see %s --help", command.CommandPath(), args[0], command.CommandPath())
			}
			return nil
		},
		RunE: func(command *cobra.Command, _ []string) error { return command.Help() },
	}
	command.AddCommand(children...)
	return command
}

// arguments wants as many arguments as it has names.
func arguments(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, args []string) error {
		switch {
		case len(args) < len(names):
			return misused("%s needs %s: see %s --help", command.CommandPath(), names[len(args)], command.CommandPath())
		case len(args) > len(names):
			return misused("%s does not take %q: see %s --help", command.CommandPath(), args[len(names)], command.CommandPath())
		}
		return nil
	}
}

// complete lets shells complete the values of flags.
func complete(root *cobra.Command, s *session) {
	fixed := func(values []string) cobra.CompletionFunc {
		return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return values, cobra.ShellCompDirectiveNoFileComp
		}
	}
	identities := func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		profile, err := s.profile()
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return profile.IdentityNames(), cobra.ShellCompDirectiveNoFileComp
	}
	// Registering fails only for a flag that does not exist or was registered before.
	for flag, completion := range map[string]cobra.CompletionFunc{"output": fixed(formatNames), "as": identities} {
		if err := root.RegisterFlagCompletionFunc(flag, completion); err != nil {
			panic(err)
		}
	}
}
