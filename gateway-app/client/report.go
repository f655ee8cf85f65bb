package client

import (
	"context"
	"mime"
	"net/http"
	"net/url"
)

// ReportWords are what something is called, in both languages.
type ReportWords struct {
	EN string `json:"en"`
	ZH string `json:"zh"`
}

// OfferedReport is a report that the app makes.
type OfferedReport struct {
	ID         string            `json:"id"`
	Words      ReportWords       `json:"words"`
	Path       string            `json:"path"`
	Formats    []string          `json:"formats"`
	Languages  []string          `json:"languages"`
	Parameters []ReportParameter `json:"parameters"`
}

// ReportParameter is one thing that a report can be asked by.
type ReportParameter struct {
	Name     string      `json:"name"`
	Words    ReportWords `json:"words"`
	Kind     string      `json:"kind"`
	Required bool        `json:"required"`
	Default  string      `json:"default,omitempty"`
	Choices  []string    `json:"choices,omitempty"`
}

// WrittenReport is a report as the app wrote it.
type WrittenReport struct {
	Name      string // of a file
	MediaType string
	Content   []byte
	Block     string // that the app's books had reached; empty where it does not say
}

// Reports lists the reports that the app makes.
func (c *Client) Reports(ctx context.Context) ([]OfferedReport, error) {
	list, err := Get[struct {
		Items []OfferedReport `json:"items"`
	}](ctx, c, "/v1/reports", nil)
	return list.Items, err
}

// Report has the app make a report: the query holds its parameters, "format" and "language".
func (c *Client) Report(ctx context.Context, id string, query url.Values) (WrittenReport, error) {
	path := "/v1/reports/" + url.PathEscape(id)
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	answer, err := c.persist(ctx, request{method: http.MethodGet, path: path})
	if err != nil {
		return WrittenReport{}, err
	}
	w := WrittenReport{MediaType: answer.header.Get("Content-Type"), Content: answer.body, Block: answer.header.Get("Tallystick-Block")}
	if _, parameters, err := mime.ParseMediaType(answer.header.Get("Content-Disposition")); err == nil {
		w.Name = parameters["filename"]
	}
	return w, nil
}
