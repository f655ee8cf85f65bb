package main

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tallystick/tallystick/gateway-app/client"
	"github.com/tallystick/tallystick/gateway-app/report"
)

// disclosureReport is the one report that can be computed from the ledger alone.
const disclosureReport = "disclosure"

// reportOrder is what somebody wants reported, and how.
type reportOrder struct {
	name     string
	asked    map[string]*string // the flags that are parameters of reports
	further  []string           // NAME=VALUE
	format   string
	language string
	output   string // a file, or a folder for the report's own name; empty is the standard output
	via      string
	compare  string // a file with a disclosure that somebody stated
	fonts    string // a folder
}

// parameterFlags are the parameters that reports have by now; whatever an app asks for besides is given with --set.
var parameterFlags = []struct{ name, usage string }{
	{"platform", "of this platform alone"},
	{"period", "of a disclosure: a month such as 2016-01, or a day"},
	{"day", "of a reconciliation: the business day"},
	{"from", "of refusals: the first month"},
	{"to", "of refusals: the last month"},
	{"by", "of a portfolio: what to group by, with commas between"},
	{"buckets", "of a portfolio: the last days of the buckets of overdue loans, with commas between"},
	{"regime", "of the use of caps: the pack that is meant"},
	{"most", "of the use of caps: how many of the largest borrowers"},
}

func newReportRun(s *session) *cobra.Command {
	o := reportOrder{asked: map[string]*string{}}
	command := &cobra.Command{
		Use:   "run REPORT",
		Short: "Run a report, in any format",
		Long: "Have the member's gateway app make a report, and write it down as JSON, CSV, XLSX or PDF. What the app says is the\n" +
			"member's own word.\n\n" +
			"With --via ledger a disclosure is computed here, and no app is asked: the chain is executed again from its first block as\n" +
			"tally check does, the loans' positions are derived at the close of the business day, and the indicators are computed by the\n" +
			"formulas that the ledger has in force. --compare FILE holds a disclosure that somebody stated against it, as a platform\n" +
			"published it or as an app reported it in JSON, and names every figure that differs, with exit code 3.",
		Args: arguments("REPORT"),
		RunE: func(command *cobra.Command, args []string) error {
			o.name = args[0]
			if err := o.check(); err != nil {
				return err
			}
			if o.via == viaLedger {
				return s.discloseFromLedger(command.Context(), o)
			}
			return s.runReport(command.Context(), o)
		},
	}
	o.flags(command.Flags())
	return command
}

func (o *reportOrder) flags(flags *pflag.FlagSet) {
	for _, p := range parameterFlags {
		o.asked[p.name] = flags.String(p.name, "", p.usage)
	}
	flags.StringArrayVar(&o.further, "set", nil, "another parameter of the report, as NAME=VALUE; see tally report list")
	flags.StringVar(&o.format, "format", string(report.JSON), "how to write it: json, csv, xlsx, pdf")
	flags.StringVar(&o.language, "language", string(report.EN), "in which language: zh, en")
	flags.StringVarP(&o.output, "output", "o", "",
		"the file to write, or a folder, in which the file is named after the report; without it, the standard output")
	flags.StringVar(&o.via, "via", viaGateway, "have the gateway app make it, or compute a disclosure from the ledger: "+viaGateway+", "+viaLedger)
	flags.StringVar(&o.compare, "compare", "", "with --via ledger: a file with a stated disclosure, to be held against the computed one")
	flags.StringVar(&o.fonts, "fonts", "", "with --via ledger: the folder with the fonts that PDF needs")
}

// check refuses an order that contradicts itself.
func (o *reportOrder) check() error {
	switch {
	case !slices.Contains(report.Formats, report.Format(o.format)):
		return misused("--format %s is not known: use one of json, csv, xlsx, pdf", o.format)
	case !slices.Contains(report.Languages, report.Language(o.language)):
		return misused("--language %s is not known: use one of zh, en", o.language)
	case o.via != viaGateway && o.via != viaLedger:
		return misused("--via %s is not known: use one of %s, %s", o.via, viaGateway, viaLedger)
	case o.via == viaLedger && o.name != disclosureReport:
		return misused("only %s can be computed from the ledger alone: leave out --via %s", disclosureReport, viaLedger)
	case o.via == viaLedger && (*o.asked["platform"] == "" || *o.asked["period"] == ""):
		return misused("a disclosure from the ledger needs --platform and --period")
	case o.via != viaLedger && o.compare != "":
		return misused("--compare needs --via %s: what an app computed is its own word", viaLedger)
	}
	return nil
}

// query is what the app is asked.
func (o *reportOrder) query() (url.Values, error) {
	query := url.Values{"format": {o.format}, "language": {o.language}}
	for name, value := range o.asked {
		if *value != "" {
			query.Set(name, *value)
		}
	}
	for _, pair := range o.further {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" || query.Has(name) {
			return nil, misused("--set %s is not understood: write NAME=VALUE, each name once", pair)
		}
		query.Set(name, value)
	}
	return query, nil
}

func (s *session) runReport(ctx context.Context, o reportOrder) error {
	query, err := o.query()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	g, err := s.gateway()
	if err != nil {
		return err
	}
	written, err := g.Report(ctx, o.name, query)
	if err != nil {
		if offered, unknown := g.Reports(ctx); unknown == nil {
			if misfit := o.misfit(offered, query); misfit != nil {
				return misfit
			}
		}
		return fmt.Errorf("run the report %s: %w", o.name, err)
	}
	return s.deliver(o, written.Name, written.Content)
}

// misfit says what of an order the app does not offer: the report, a parameter, or one that it needs and was not given.
// It answers nothing where the order fits, and something else was wrong.
func (o *reportOrder) misfit(offered []client.OfferedReport, query url.Values) error {
	at := slices.IndexFunc(offered, func(r client.OfferedReport) bool { return r.ID == o.name })
	if at < 0 {
		names := make([]string, len(offered))
		for i, r := range offered {
			names[i] = r.ID
		}
		return misused("the app offers no report %s to this identity: it offers %s", o.name, strings.Join(names, ", "))
	}
	takes := []string{"format", "language"}
	for _, p := range offered[at].Parameters {
		if p.Required && !query.Has(p.Name) {
			return misused("the report %s needs --%s", o.name, p.Name)
		}
		takes = append(takes, p.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(takes, name) {
			return misused("the report %s has no parameter %s: it takes %s", o.name, name, strings.Join(takes, ", "))
		}
	}
	return nil
}

// deliver writes a report to the file that was named, in a folder under the report's own name, else to the standard
// output. No terminal is sent a workbook or a PDF: they become a file here. A file appears whole or not at all.
func (s *session) deliver(o reportOrder, name string, content []byte) error {
	path, err := o.path(name, isTerminal(s.out))
	if err != nil {
		return err
	}
	if path == "" {
		if _, err := s.out.Write(content); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		return nil
	}
	part, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer func() { _ = os.Remove(part.Name()) }() // nothing is there under that name when all went well
	_, err = part.Write(content)
	if closed := part.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	fmt.Fprintf(s.diagnostics, "tally: wrote %s, %d bytes\n", path, len(content))
	return nil
}

// path is where a report is written, whose own name is given; empty for the standard output.
func (o *reportOrder) path(name string, terminal bool) (string, error) {
	binary := o.format == string(report.XLSX) || o.format == string(report.PDF)
	folder := o.output
	switch info, err := os.Stat(o.output); {
	case o.output == "" && (!terminal || !binary):
		return "", nil
	case o.output == "":
		folder = "."
	case !strings.HasSuffix(o.output, string(filepath.Separator)) && (err != nil || !info.IsDir()):
		return o.output, nil
	}
	if name == "" || filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("write the report into %s: the app gave it no name that a file can have, %q: name the file with --output", folder, name)
	}
	return filepath.Join(folder, name), nil
}
