package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// preparing makes SQLite's connections prepare each text once. database/sql has every text that is not a
// prepared statement parsed anew, which was a sixth of the app's work; PostgreSQL's driver keeps its
// statements by itself.
type preparing struct{ driver.Connector }

// Connect opens a connection that keeps its statements.
func (p preparing) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := p.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	inner, ok := opened.(connection)
	if !ok {
		return nil, errors.Join(fmt.Errorf("open the database: the driver's connection is a %T, which lacks what is used", opened), opened.Close())
	}
	return &preparedConnection{connection: inner, kept: map[string]*keptStatement{}}, nil
}

// connection is what database/sql uses of SQLite's.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// mostStatements is how many texts a connection keeps prepared. The app's own are fewer; those with lists
// of varying length are what could be more.
const mostStatements = 512

// preparedConnection is a connection with its statements. Like every connection of a driver it is used by
// one goroutine at a time; rows of one text may be open while another runs.
type preparedConnection struct {
	connection
	kept map[string]*keptStatement
}

// keptStatement is a prepared text, of which one result can be read at a time.
type keptStatement struct {
	driver.Stmt
	runner statementRunner
	busy   bool
}

// statementRunner is what a prepared statement of the driver does.
type statementRunner interface {
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext runs a text that answers no rows.
func (c *preparedConnection) ExecContext(ctx context.Context, text string, values []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.connection.ExecContext(ctx, text, values)
	}
	return s.runner.ExecContext(ctx, values)
}

// QueryContext runs a text that answers rows. Until they are closed the same text is prepared beside it.
func (c *preparedConnection) QueryContext(ctx context.Context, text string, values []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, text)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return c.connection.QueryContext(ctx, text, values)
	}
	rows, err := s.runner.QueryContext(ctx, values)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

// statement answers the prepared statement of a text; none for a script, and none while its rows are read.
func (c *preparedConnection) statement(ctx context.Context, text string) (*keptStatement, error) {
	if s, ok := c.kept[text]; ok {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if strings.Contains(text, ";") {
		return nil, nil
	}
	if len(c.kept) >= mostStatements {
		if err := c.forget(); err != nil {
			return nil, err
		}
	}
	prepared, err := c.PrepareContext(ctx, unnamed(text))
	if err != nil {
		return nil, err
	}
	runner, ok := prepared.(statementRunner)
	if !ok {
		return nil, prepared.Close() // it runs as a text
	}
	s := &keptStatement{Stmt: prepared, runner: runner}
	c.kept[text] = s
	return s, nil
}

var numbered = regexp.MustCompile(`\$\d+`)

// unnamed writes $1, $2, $3 … as ? each, where they come once and in this order. To SQLite $1 is a name, and it
// looks for each by walking through all of them, so that a statement with hundreds of values takes longer to
// be given them than to run.
func unnamed(text string) string {
	for i, name := range numbered.FindAllString(text, -1) {
		if name != "$"+strconv.Itoa(i+1) {
			return text
		}
	}
	return numbered.ReplaceAllLiteralString(text, "?")
}

// forget closes every statement that is not being read.
func (c *preparedConnection) forget() error {
	var failed error
	for text, s := range c.kept {
		if !s.busy {
			delete(c.kept, text)
			failed = errors.Join(failed, s.Close())
		}
	}
	return failed
}

// Close closes the statements and the connection.
func (c *preparedConnection) Close() error {
	var failed error
	for _, s := range c.kept {
		failed = errors.Join(failed, s.Close())
	}
	clear(c.kept)
	return errors.Join(failed, c.connection.Close())
}

// keptRows frees its statement when it is closed.
type keptRows struct {
	driver.Rows
	statement *keptStatement
}

// Close ends the reading.
func (r *keptRows) Close() error {
	r.statement.busy = false
	return r.Rows.Close()
}
