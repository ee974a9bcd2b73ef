package fakesecurityhub

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// subscription is to a standard.
type subscription struct {
	Since time.Time // enabled
	Going time.Time // disabled since; zero if it is not
}

// How long a standard is PENDING and DELETING. AWS gives no figures.
const (
	pendingFor = time.Second
	goingFor   = time.Second
)

func (s *subscription) status(now time.Time) types.StandardsStatus {
	switch {
	case !s.Going.IsZero():
		return types.StandardsStatusDeleting
	case now.Sub(s.Since) < pendingFor:
		return types.StandardsStatusPending
	}
	return types.StandardsStatusReady
}

func (s *subscription) gone(now time.Time) bool {
	return !s.Going.IsZero() && now.Sub(s.Going) >= goingFor
}

type standard struct {
	arn, name string
	byDefault bool
}

// standards are AWS's, as they are called in the request's region.
// https://docs.aws.amazon.com/securityhub/latest/userguide/standards-reference.html
func standards(ctx context.Context) []standard {
	call := fakeaws.CallFrom(ctx)
	here := "arn:" + call.Partition() + ":securityhub:" + call.Region + "::standards/"
	return []standard{
		{here + "aws-foundational-security-best-practices/v/1.0.0", "AWS Foundational Security Best Practices v1.0.0", true},
		{here + "aws-resource-tagging-standard/v/1.0.0", "AWS Resource Tagging Standard v1.0.0", false},
		{"arn:" + call.Partition() + ":securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0", "CIS AWS Foundations Benchmark v1.2.0", true},
		{here + "cis-aws-foundations-benchmark/v/1.4.0", "CIS AWS Foundations Benchmark v1.4.0", false},
		{here + "cis-aws-foundations-benchmark/v/3.0.0", "CIS AWS Foundations Benchmark v3.0.0", false},
		{here + "cis-aws-foundations-benchmark/v/5.0.0", "CIS AWS Foundations Benchmark v5.0.0", false},
		{here + "nist-800-53/v/5.0.0", "NIST Special Publication 800-53 Revision 5", false},
		{here + "nist-800-171/v/2.0.0", "NIST Special Publication 800-171 Revision 2", false},
		{here + "pci-dss/v/3.2.1", "PCI DSS v3.2.1", false},
		{here + "pci-dss/v/4.0.1", "PCI DSS v4.0.1", false},
	}
}

// DescribeStandards answers the standards that there are.
func (s *Service) DescribeStandards(ctx context.Context, in *securityhub.DescribeStandardsInput, _ ...opt) (*securityhub.DescribeStandardsOutput, error) {
	if _, err := s.hub(ctx); err != nil {
		return nil, err
	}
	out := []types.Standard{}
	for _, st := range standards(ctx) {
		out = append(out, types.Standard{StandardsArn: aws.String(st.arn), Name: aws.String(st.name), EnabledByDefault: aws.Bool(st.byDefault)})
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults)
	return &securityhub.DescribeStandardsOutput{Standards: some, NextToken: next}, err
}

// subscriptionARN is the one to a standard: the standard's name and version, within the account.
func (h *hub) subscriptionARN(standardARN string) string {
	_, name, _ := strings.Cut(standardARN, "/")
	return strings.TrimSuffix(h.ARN, "hub/default") + "subscription/" + name
}

func (h *hub) subscription(standardARN string, now time.Time) types.StandardsSubscription {
	return types.StandardsSubscription{
		StandardsArn: &standardARN, StandardsSubscriptionArn: aws.String(h.subscriptionARN(standardARN)), StandardsInput: map[string]string{}, StandardsStatus: h.Standards[standardARN].status(now),
	}
}

// BatchEnableStandards subscribes to standards; one that is enabled already stays as it is.
func (s *Service) BatchEnableStandards(ctx context.Context, in *securityhub.BatchEnableStandardsInput, _ ...opt) (*securityhub.BatchEnableStandardsOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(in.StandardsSubscriptionRequests); n == 0 || n > 25 {
		return nil, invalid("Invalid parameter 'StandardsSubscriptionRequests'. 1 to 25 standards can be enabled at a time.")
	}
	for _, r := range in.StandardsSubscriptionRequests {
		if !slices.ContainsFunc(standards(ctx), func(st standard) bool { return st.arn == aws.ToString(r.StandardsArn) }) {
			return nil, invalid("Invalid parameter 'StandardsArn'. " + aws.ToString(r.StandardsArn) + " is no standard in this Region.")
		}
	}
	out, now := &securityhub.BatchEnableStandardsOutput{}, time.Now()
	for _, r := range in.StandardsSubscriptionRequests {
		if sub := h.Standards[*r.StandardsArn]; sub == nil || !sub.Going.IsZero() {
			h.Standards[*r.StandardsArn] = &subscription{Since: now}
		}
		out.StandardsSubscriptions = append(out.StandardsSubscriptions, h.subscription(*r.StandardsArn, now))
	}
	return out, nil
}

// BatchDisableStandards ends subscriptions, which are DELETING for a while.
func (s *Service) BatchDisableStandards(ctx context.Context, in *securityhub.BatchDisableStandardsInput, _ ...opt) (*securityhub.BatchDisableStandardsOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(in.StandardsSubscriptionArns); n == 0 || n > 25 {
		return nil, invalid("Invalid parameter 'StandardsSubscriptionArns'. 1 to 25 standards can be disabled at a time.")
	}
	out, now := &securityhub.BatchDisableStandardsOutput{}, time.Now()
	for _, arn := range in.StandardsSubscriptionArns {
		found := ""
		for st, sub := range h.Standards {
			if h.subscriptionARN(st) == arn && !sub.gone(now) {
				found = st
			}
		}
		if found == "" {
			return nil, invalid("Invalid parameter 'StandardsSubscriptionArns'. " + arn + " is not enabled.")
		}
		if h.Standards[found].Going.IsZero() {
			h.Standards[found].Going = now
		}
		out.StandardsSubscriptions = append(out.StandardsSubscriptions, h.subscription(found, now))
	}
	return out, nil
}

// GetEnabledStandards answers the subscriptions, those that come and go among them.
func (s *Service) GetEnabledStandards(ctx context.Context, in *securityhub.GetEnabledStandardsInput, _ ...opt) (*securityhub.GetEnabledStandardsOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	out, now := []types.StandardsSubscription{}, time.Now()
	for _, st := range slices.Sorted(maps.Keys(h.Standards)) {
		asked := len(in.StandardsSubscriptionArns) == 0 || slices.Contains(in.StandardsSubscriptionArns, h.subscriptionARN(st))
		if asked && !h.Standards[st].gone(now) {
			out = append(out, h.subscription(st, now))
		}
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults)
	return &securityhub.GetEnabledStandardsOutput{StandardsSubscriptions: some, NextToken: next}, err
}

// products are AWS's own, as company/product.
// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-internal-providers.html
var products = []string{
	"aws/access-analyzer", "aws/config", "aws/detective", "aws/firewall-manager", "aws/guardduty", "aws/health", "aws/inspector", "aws/macie", "aws/securityhub", "aws/ssm-patch-manager",
}

func productARN(ctx context.Context, product string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":securityhub:" + call.Region + "::product/" + product
}

// DescribeProducts answers the products that there are.
func (s *Service) DescribeProducts(ctx context.Context, in *securityhub.DescribeProductsInput, _ ...opt) (*securityhub.DescribeProductsOutput, error) {
	if _, err := s.hub(ctx); err != nil {
		return nil, err
	}
	out := []types.Product{}
	for _, p := range products {
		if arn := productARN(ctx, p); in.ProductArn == nil || *in.ProductArn == arn {
			company, name, _ := strings.Cut(p, "/")
			out = append(out, types.Product{ProductArn: &arn, CompanyName: &company, ProductName: &name})
		}
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults)
	return &securityhub.DescribeProductsOutput{Products: some, NextToken: next}, err
}

func (h *hub) productSubscription(product string) string {
	return strings.TrimSuffix(h.ARN, "hub/default") + "product-subscription/" + product
}

// EnableImportFindingsForProduct subscribes to a product; twice is refused.
func (s *Service) EnableImportFindingsForProduct(ctx context.Context, in *securityhub.EnableImportFindingsForProductInput, _ ...opt) (*securityhub.EnableImportFindingsForProductOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range products {
		if productARN(ctx, p) != aws.ToString(in.ProductArn) {
			continue
		}
		if h.Products[p] {
			return nil, conflict("The product " + p + " is already enabled")
		}
		h.Products[p] = true
		return &securityhub.EnableImportFindingsForProductOutput{ProductSubscriptionArn: aws.String(h.productSubscription(p))}, nil
	}
	return nil, invalid("Invalid parameter 'ProductArn'. There is no product " + aws.ToString(in.ProductArn) + ".")
}

// DisableImportFindingsForProduct ends a subscription.
func (s *Service) DisableImportFindingsForProduct(ctx context.Context, in *securityhub.DisableImportFindingsForProductInput, _ ...opt) (*securityhub.DisableImportFindingsForProductOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	for p := range h.Products {
		if h.productSubscription(p) == aws.ToString(in.ProductSubscriptionArn) {
			delete(h.Products, p)
			return &securityhub.DisableImportFindingsForProductOutput{}, nil
		}
	}
	return nil, notFound("Product subscription " + aws.ToString(in.ProductSubscriptionArn) + " does not exist")
}

// ListEnabledProductsForImport answers the ARNs of the subscriptions.
func (s *Service) ListEnabledProductsForImport(ctx context.Context, in *securityhub.ListEnabledProductsForImportInput, _ ...opt) (*securityhub.ListEnabledProductsForImportOutput, error) {
	h, err := s.hub(ctx)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, p := range slices.Sorted(maps.Keys(h.Products)) {
		out = append(out, h.productSubscription(p))
	}
	some, next, err := page(ctx, out, in.NextToken, in.MaxResults)
	return &securityhub.ListEnabledProductsForImportOutput{ProductSubscriptions: some, NextToken: next}, err
}
