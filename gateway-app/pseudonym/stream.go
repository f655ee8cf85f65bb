package pseudonym

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/tallystick/tallystick/gateway-app/lane"
)

// PostStream posts a body that is read as it goes and is never held whole, under headers that say what it is. What it asks
// for the member's gateway app answers repeatedly without harm. The path may have a query.
func (r *Remote) PostStream(ctx context.Context, path string, header http.Header, body io.Reader, out any) error {
	path, query, _ := strings.Cut(path, "?")
	address := r.address.JoinPath(path)
	address.RawQuery = query
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address.String(), body)
	if err != nil {
		return fmt.Errorf("POST %s: %w", path, err)
	}
	request.Header = header.Clone()
	request.Header.Set("Idempotency-Key", lane.Random(16))
	return r.exchange(http.MethodPost+" "+path, request, out)
}
