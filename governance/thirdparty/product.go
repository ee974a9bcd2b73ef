package thirdparty

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// FindingsProduct has Security Hub take the findings that a vendor's product sends. Security Hub must be on before the
// baseline is planned; detection.Hub, which turns it on, takes the same in its Products.
type FindingsProduct struct {
	// Product is the ARN that the vendor or Security Hub's list of integrations gives, as
	// arn:aws:securityhub:us-east-1:111122223333:product/company/product; of the region that is planned against.
	Product id.ARN
}

// Declare implements ztcore.Resource.
func (p FindingsProduct) Declare(d *ztcore.Declaration) {
	products.Declare(d, strings.TrimPrefix(productName(string(p.Product)), "/"), productState{Product: string(p.Product)})
}

type productState struct {
	Product      string `zt:"key"`
	Subscription string `zt:"output"`
}

var products = &ztcore.Kind[productState]{
	Name: "governance.FindingsProduct", Permissions: &productsNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want productState) (productState, bool, error) {
		all, err := ztcore.Memo(ctx, sc, "securityhub/enabled-products", func() ([]string, error) { return enabledProducts(ctx, sc) })
		for _, s := range all {
			if strings.HasSuffix(s, ":product-subscription"+productName(want.Product)) {
				return productState{Product: want.Product, Subscription: s}, true, nil
			}
		}
		return productState{}, false, err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want productState) error {
		_, err := securityhub.NewFromConfig(sc.Config).EnableImportFindingsForProduct(ctx, &securityhub.EnableImportFindingsForProductInput{ProductArn: &want.Product})
		if on := new(types.ResourceConflictException); errors.As(err, &on) {
			return nil // by an attempt whose answer was lost
		}
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have productState) error {
		_, err := securityhub.NewFromConfig(sc.Config).DisableImportFindingsForProduct(ctx, &securityhub.DisableImportFindingsForProductInput{ProductSubscriptionArn: &have.Subscription})
		if gone := new(types.ResourceNotFoundException); errors.As(err, &gone) {
			return nil
		}
		return err
	},
	Check: checkProduct, Refuse: productElsewhere,
	Retry:    []ztcore.Retry{{Code: "InvalidAccessException"}}, // the hub is new
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var productsNeed = ztcore.Permissions{
	Read:   []string{"securityhub:ListEnabledProductsForImport"},
	Write:  []string{"securityhub:EnableImportFindingsForProduct"},
	Delete: []string{"securityhub:DisableImportFindingsForProduct"},
}

// enabledProducts lists the subscriptions, as arn:aws:securityhub:us-east-1:123456789012:product-subscription/company/product.
func enabledProducts(ctx context.Context, sc *ztcore.Scope) ([]string, error) {
	client, in, out := securityhub.NewFromConfig(sc.Config), &securityhub.ListEnabledProductsForImportInput{}, []string(nil)
	for {
		page, err := client.ListEnabledProductsForImport(ctx, in)
		if off := new(types.InvalidAccessException); errors.As(err, &off) {
			return nil, fmt.Errorf("security hub is off; turn it on first, or name the product in detection.Hub's Products: %w", err)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, page.ProductSubscriptions...)
		if in.NextToken = page.NextToken; in.NextToken == nil {
			return out, nil
		}
	}
}

// productRE. https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-providers.html
var productRE = regexp.MustCompile(`^arn:[^:]+:securityhub:([^:]+):\d*:product(/[^/:]+/[^/:]+)$`)

// productName is /company/product.
func productName(arn string) string {
	if m := productRE.FindStringSubmatch(arn); m != nil {
		return m[2]
	}
	return arn
}

func checkProduct(want productState) []ztcore.Finding {
	if ztcore.HasToken(want.Product) || productRE.MatchString(want.Product) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Product", Message: want.Product + " is no product of Security Hub", Fix: "take its ARN from Security Hub's integrations (aws securityhub describe-products)"}}
}

func productElsewhere(sc *ztcore.Scope, want productState) []ztcore.Finding {
	if m := productRE.FindStringSubmatch(want.Product); m != nil && m[1] != sc.Region {
		return []ztcore.Finding{{Attribute: "Product", Message: want.Product + " is of another region than " + sc.Region, Fix: "use its ARN in " + sc.Region}}
	}
	return nil
}

// Kinds lists the package's kinds, for ztcore.Prune. Those of the edge are in edge.Kinds, roles and providers in iam.Kinds.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{products} }
