package api

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	swagger "github.com/swaggo/files/v2"
)

// document is the OpenAPI document in both forms, written once: it does not change while the server
// runs.
type document struct{ json, yaml []byte }

func (s *Server) write() (document, error) {
	asJSON, err := s.described.OpenAPI().MarshalJSON()
	if err != nil {
		return document{}, fmt.Errorf("write the OpenAPI document as JSON: %w", err)
	}
	asYAML, err := s.described.OpenAPI().YAML()
	if err != nil {
		return document{}, fmt.Errorf("write the OpenAPI document as YAML: %w", err)
	}
	return document{asJSON, asYAML}, nil
}

// serveDocument serves the document with an ETag.
func serveDocument(contentType string, text []byte) http.HandlerFunc {
	sum := sha256.Sum256(text)
	tag := `"` + hex.EncodeToString(sum[:16]) + `"`
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", tag)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(text)))
	}
}

// docsPolicy lets the documentation page load what this server serves, and nothing from elsewhere.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"

// docsStart is the one script of the page that is ours: it names the document to show.
const docsStart = `window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: "BaseLayout",
  });
};
`

// docs serves the documentation page from what is embedded in the program.
func docs() http.Handler {
	files := http.StripPrefix("/docs", http.FileServerFS(swagger.FS))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if strings.HasSuffix(r.URL.Path, "/swagger-initializer.js") {
			w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
			_, _ = w.Write([]byte(docsStart)) // whoever asked has left
			return
		}
		files.ServeHTTP(w, r)
	})
}
