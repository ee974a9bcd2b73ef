package iam

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

// credential is one row of the credential report: a user, or the root user.
type credential map[string]string

// rootUser is what the report calls the root user.
const rootUser = "<root_account>"

const (
	reportPoll = 2 * time.Second
	reportWait = 5 * time.Minute
)

// credentials asks for the credential report and waits for it. AWS makes one every four hours at most, so it may be
// that old.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func credentials(ctx context.Context, cfg aws.Config) ([]credential, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, reportWait, errors.New("iam: the credential report was not made in time"))
	defer cancel()
	c := iam.NewFromConfig(cfg)
	for {
		out, err := c.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		if out.State == types.ReportStateTypeComplete {
			break
		}
		select {
		case <-time.After(reportPoll):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	out, err := c.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(out.Content)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("iam: the credential report is unreadable: %w", err)
	}
	var all []credential
	for _, row := range rows[1:] {
		c := credential{}
		for i, column := range rows[0] {
			c[column] = row[i]
		}
		all = append(all, c)
	}
	return all, nil
}

// is reports whether a column says true.
func (c credential) is(column string) bool { return c[column] == "true" }

// when reads a date; ok is false where the report has none, since it does not apply or was never.
func (c credential) when(column string) (t time.Time, ok bool) {
	t, err := time.Parse(time.RFC3339, c[column])
	return t, err == nil
}

// since is the later of the dates that the columns have.
func (c credential) since(columns ...string) time.Time {
	var latest time.Time
	for _, column := range columns {
		if t, ok := c.when(column); ok && t.After(latest) {
			latest = t
		}
	}
	return latest
}
