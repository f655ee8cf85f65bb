package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

func newReportList(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the reports that the member's gateway app makes, with their parameters",
		Long: "Ask the member's gateway app which reports it makes. It is asked with the token in $" + tokenVariable + ", else with the\n" +
			"certificate of the member's machine. Which reports there are depends on the member: a platform's app reports of its own\n" +
			"loans, a custodian's of the platforms whose money it keeps, the regulator's of all.",
		Args: arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), s.patience)
			defer cancel()
			g, err := s.gateway()
			if err != nil {
				return err
			}
			offered, err := g.Reports(ctx)
			if err != nil {
				return err
			}
			t := sheet{columns: []string{"report", "parameters", "title", "标题"}}
			for _, r := range offered {
				var parameters []string
				for _, p := range r.Parameters {
					name := p.Name
					if !p.Required {
						name = "[" + name + "]"
					}
					parameters = append(parameters, name)
				}
				t.add(r.ID, strings.Join(parameters, " "), r.Words.EN, r.Words.ZH)
			}
			return s.print(offered, t)
		},
	}
}
