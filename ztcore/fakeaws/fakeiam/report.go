package fakeiam

import (
	"bytes"
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// reportLife is how long a credential report is served; it is made anew no more often than that.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
const reportLife = 4 * time.Hour

// reportColumns are AWS's, in AWS's order.
var reportColumns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated", "additional_credentials_info",
}

// report is the credential report that was made last.
type report struct {
	Content []byte
	Made    time.Time
}

func (s *Service) installReport(c *fakeaws.Cloud) {
	fakeaws.On(c, s.GenerateCredentialReport)
	fakeaws.On(c, s.GetCredentialReport)
}

// GenerateCredentialReport makes a report unless there is one of the last four hours.
func (s *Service) GenerateCredentialReport(ctx context.Context, _ *iam.GenerateCredentialReportInput, _ ...opt) (*iam.GenerateCredentialReportOutput, error) {
	a := s.in(ctx)
	if a.Report != nil && time.Since(a.Report.Made) < reportLife {
		return &iam.GenerateCredentialReportOutput{State: types.ReportStateTypeComplete}, nil
	}
	content, err := a.credentials(fakeaws.CallFrom(ctx))
	if err != nil {
		return nil, err
	}
	a.Report = &report{Content: content, Made: now()}
	return &iam.GenerateCredentialReportOutput{
		State: types.ReportStateTypeStarted, Description: aws.String("No report exists. Starting a new report generation task"),
	}, nil
}

// GetCredentialReport answers the report last made, as CSV.
func (s *Service) GetCredentialReport(ctx context.Context, _ *iam.GetCredentialReportInput, _ ...opt) (*iam.GetCredentialReportOutput, error) {
	r := s.in(ctx).Report
	switch {
	case r == nil:
		return nil, fakeaws.Status(http.StatusGone, &types.CredentialReportNotPresentException{Message: aws.String("No report is present. Please call GenerateCredentialReport first.")})
	case time.Since(r.Made) >= reportLife:
		return nil, fakeaws.Status(http.StatusGone, &types.CredentialReportExpiredException{Message: aws.String("The report has expired. Please call GenerateCredentialReport.")})
	}
	return &iam.GetCredentialReportOutput{Content: bytes.Clone(r.Content), GeneratedTime: aws.Time(r.Made), ReportFormat: types.ReportFormatTypeTextCsv}, nil
}

// credentials is the report's text: the root user, who has a password and MFA, and then the users.
func (a *account) credentials(call fakeaws.Call) ([]byte, error) {
	rows := [][]string{reportColumns, row(map[string]string{
		"user": "<root_account>", "arn": "arn:" + call.Partition() + ":iam::" + call.Account + ":root", "user_creation_time": stamp(awsManagedSince),
		"password_enabled": "not_supported", "password_last_used": "no_information", "password_last_changed": "not_supported",
		"password_next_rotation": "not_supported", "mfa_active": "true",
	})}
	withMFA := map[string]bool{}
	for _, d := range a.MFA.Items {
		withMFA[d.User] = true
	}
	for _, u := range a.Users.all() {
		rows = append(rows, a.credentialsOf(u, withMFA[key(u.Entity.Name)]))
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	err := w.WriteAll(rows)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (a *account) credentialsOf(u *user, mfa bool) []string {
	values := map[string]string{
		"user": u.Entity.Name, "arn": u.Entity.ARN, "user_creation_time": stamp(u.Entity.Created),
		"password_enabled": strconv.FormatBool(u.Login != nil), "mfa_active": strconv.FormatBool(mfa),
	}
	if u.Login != nil {
		values["password_last_used"], values["password_last_changed"] = "no_information", stamp(u.Login.Changed)
		if p := a.Passwords; p != nil && p.MaxPasswordAge != nil {
			values["password_next_rotation"] = stamp(u.Login.Changed.AddDate(0, 0, int(*p.MaxPasswordAge)))
		}
	}
	for i, k := range u.Keys {
		column := "access_key_" + strconv.Itoa(i+1)
		values[column+"_active"], values[column+"_last_rotated"] = strconv.FormatBool(k.Active), stamp(k.Created)
	}
	return row(values)
}

// row puts values into the order of the columns; what does not apply is "N/A", or "false" for what could be active.
func row(values map[string]string) []string {
	out := make([]string, len(reportColumns))
	for i, c := range reportColumns {
		switch v, ok := values[c]; {
		case ok:
			out[i] = v
		case c == "additional_credentials_info":
		case strings.HasSuffix(c, "_active"):
			out[i] = "false"
		default:
			out[i] = "N/A"
		}
	}
	return out
}

func stamp(t time.Time) string { return t.Format("2006-01-02T15:04:05+00:00") }
