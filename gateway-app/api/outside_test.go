package api

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/kyc"
)

// A service of others that is away is named as that, in the answer and in the log, and nothing that it was asked is.
func TestAServiceThatIsAwayIsNamed(t *testing.T) {
	for cause, want := range map[error]string{kyc.ErrNoAnswer: CodeKYCAway, access.ErrNoProvider: CodeSignOnAway} {
		log := &bytes.Buffer{}
		s := &Server{logger: slog.New(slog.NewJSONHandler(log, nil))}
		network := &url.Error{Op: "Post", URL: "https://check.example/?name=Zhang", Err: errors.New("connection refused")}
		p := s.problem(t.Context(), fmt.Errorf("verify: %w", errors.Join(cause, network)))
		if p.Code != want || p.Status != 503 || p.GetHeaders().Get("Retry-After") == "" || strings.Contains(p.Detail, "peer") {
			t.Errorf("%v: %+v", cause, p)
		}
		if said := log.String(); !strings.Contains(said, `"WARN"`) || !strings.Contains(said, want) || !strings.Contains(said, "connection refused") || strings.Contains(said, "Zhang") {
			t.Errorf("the log says %s", said)
		}
	}
}
