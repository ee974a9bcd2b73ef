package audit

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// facts are what the audit judges.
type facts struct {
	account  string
	root     string // what the ARNs of the account's identities begin with: arn:aws:iam::123456789012:
	users    []types.UserDetail
	roles    []types.RoleDetail
	groups   map[string]types.GroupDetail // by name
	managed  []types.ManagedPolicyDetail  // the account's own
	document map[string]policy.Document   // of managed policies, by ARN
	rows     []map[string]string          // of the credential report
}

func read(ctx context.Context, cfg aws.Config) (*facts, error) {
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	partition, _, _ := strings.Cut(strings.TrimPrefix(aws.ToString(who.Arn), "arn:"), ":")
	f := &facts{account: aws.ToString(who.Account), root: "arn:" + partition + ":iam::" + aws.ToString(who.Account) + ":", groups: map[string]types.GroupDetail{}, document: map[string]policy.Document{}}
	c, in := iam.NewFromConfig(cfg), &iam.GetAccountAuthorizationDetailsInput{}
	for {
		page, err := c.GetAccountAuthorizationDetails(ctx, in)
		if err != nil {
			return nil, err
		}
		f.users = append(f.users, page.UserDetailList...)
		for _, r := range page.RoleDetailList {
			if !strings.HasPrefix(aws.ToString(r.Path), "/aws-service-role/") { // AWS's own to keep
				f.roles = append(f.roles, r)
			}
		}
		for _, g := range page.GroupDetailList {
			f.groups[aws.ToString(g.GroupName)] = g
		}
		for _, p := range page.Policies {
			if err := f.keep(p); err != nil {
				return nil, err
			}
		}
		if in.Marker = page.Marker; !page.IsTruncated {
			break
		}
	}
	f.rows, err = credentialReport(ctx, c)
	return f, err
}

// keep remembers the version of a managed policy that is in force.
func (f *facts) keep(p types.ManagedPolicyDetail) error {
	arn := aws.ToString(p.Arn)
	if !strings.Contains(arn, ":iam::aws:policy/") {
		f.managed = append(f.managed, p)
	}
	for _, v := range p.PolicyVersionList {
		if !v.IsDefaultVersion {
			continue
		}
		d, err := policy.Parse(aws.ToString(v.Document))
		if err != nil {
			return fmt.Errorf("%s: %w", arn, err)
		}
		f.document[arn] = d
	}
	return nil
}

// credentialReport has AWS make a report unless it has one that is less than four hours old, and reads it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
func credentialReport(ctx context.Context, c *iam.Client) ([]map[string]string, error) {
	for {
		out, err := c.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if err != nil {
			return nil, err
		}
		if out.State == types.ReportStateTypeComplete {
			break
		}
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return nil, fmt.Errorf("audit: the credential report was not made in time: %w", context.Cause(ctx))
		}
	}
	out, err := c.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(out.Content)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("audit: the credential report is unreadable: %w", err)
	}
	var all []map[string]string
	for i, row := range rows {
		if i == 0 {
			continue
		}
		one := map[string]string{}
		for column, name := range rows[0] {
			one[name] = row[column]
		}
		all = append(all, one)
	}
	return all, nil
}

// principal is a user or role with the policies that it has.
type principal struct {
	arn      string
	policies []policy.Document
	boundary []policy.Document
}

// all are the users, with what their groups give them, and the roles. Documents that can't be read are an error of the audit: it
// must not pass over what it has not seen.
func (f *facts) all() ([]principal, error) {
	var out []principal
	for _, u := range f.users {
		p := principal{arn: aws.ToString(u.Arn)}
		if err := p.add(f, u.UserPolicyList, u.AttachedManagedPolicies); err != nil {
			return nil, err
		}
		for _, name := range u.GroupList {
			g := f.groups[name]
			if err := p.add(f, g.GroupPolicyList, g.AttachedManagedPolicies); err != nil {
				return nil, err
			}
		}
		p.limit(f, u.PermissionsBoundary)
		out = append(out, p)
	}
	for _, r := range f.roles {
		p := principal{arn: aws.ToString(r.Arn)}
		if err := p.add(f, r.RolePolicyList, r.AttachedManagedPolicies); err != nil {
			return nil, err
		}
		p.limit(f, r.PermissionsBoundary)
		out = append(out, p)
	}
	return out, nil
}

func (p *principal) add(f *facts, inline []types.PolicyDetail, attached []types.AttachedPolicy) error {
	for _, i := range inline {
		d, err := policy.Parse(aws.ToString(i.PolicyDocument))
		if err != nil {
			return fmt.Errorf("%s, policy %s: %w", p.arn, aws.ToString(i.PolicyName), err)
		}
		p.policies = append(p.policies, d)
	}
	for _, a := range attached {
		if d, ok := f.document[aws.ToString(a.PolicyArn)]; ok {
			p.policies = append(p.policies, d)
		}
	}
	return nil
}

func (p *principal) limit(f *facts, b *types.AttachedPermissionsBoundary) {
	if b == nil {
		return
	}
	p.boundary = []policy.Document{}
	if d, ok := f.document[aws.ToString(b.PermissionsBoundaryArn)]; ok {
		p.boundary = append(p.boundary, d)
	}
}

// may tells whether the principal may do something, whatever the request's conditions.
func (p *principal) may(action, resource string) bool {
	d, err := policy.Evaluate(policy.Request{Principal: p.arn, Action: action, Resource: resource}, policy.Policies{Identity: p.policies, Boundary: p.boundary})
	return err == nil && d.Outcome == policy.Allowed
}
