package rules

import (
	"regexp"
	"slices"
	"strings"

	sym "github.com/modelaudit/action/internal/pickle/symbolic"
)

// statsContracts: scipy's distributions of one variable, as searches over
// parameters hold them (scipy/stats/_distn_infrastructure.py). __setstate__
// executes the text _parse_arg_template, so that it must be the one that scipy
// writes for the names of the shapes. Before 1.6 the state is what __init__ is called
// with, which makes that text itself, of the names of the shapes.
func statsContracts() []contract {
	const module, frozen = "scipy.stats._continuous_distns", "scipy.stats._distn_infrastructure"
	value := either(none, number, array, listOf(number), tupleOf(number), numpyScalar)
	return []contract{
		{module: module, names: strings.Fields(continuous), calls: with(), newobj: true, onlyNew: true, state: distribution},
		{module: module, names: []string{"rv_histogram"}, calls: with(), newobj: true, onlyNew: true, state: distribution},
		{module: discreteModule, names: strings.Fields(discreteClasses), calls: with(), newobj: true, onlyNew: true, state: distribution},
		{module: frozen, names: []string{"rv_sample"}, calls: with(), newobj: true, onlyNew: true, state: distribution},
		{module: "numpy", names: []string{"vectorize"}, calls: with(), newobj: true, onlyNew: true, state: entropy, stated: true, caller: true},
		{module: frozen, names: []string{"rv_continuous_frozen", "rv_discrete_frozen", "rv_frozen"}, calls: with(), newobj: true, onlyNew: true, state: record(map[string]shape{
			"args": tupleOf(value), "kwds": dictOf(shortText, value), "dist": distributed, "a": value, "b": value,
		})},
	}
}

// distributed accepts a distribution that its __new__ made.
func distributed(n *sym.Node) bool {
	return discrete(n) || built("scipy.stats._continuous_distns", "rv_histogram")(n) || slices.ContainsFunc(strings.Fields(continuous), func(name string) bool { return built("scipy.stats._continuous_distns", name)(n) })
}

// discrete accepts a discrete distribution that its __new__ made.
func discrete(n *sym.Node) bool {
	return built("scipy.stats._distn_infrastructure", "rv_sample")(n) ||
		slices.ContainsFunc(strings.Fields(discreteClasses), func(name string) bool { return built(discreteModule, name)(n) })
}

const discreteModule = "scipy.stats._discrete_distns"

const discreteClasses = `bernoulli_gen betabinom_gen betanbinom_gen binom_gen boltzmann_gen dlaplace_gen geom_gen hypergeom_gen logser_gen nbinom_gen nchypergeom_fisher_gen
	nchypergeom_wallenius_gen nhypergeom_gen planck_gen poisson_binom_gen poisson_gen randint_gen skellam_gen yulesimon_gen zipf_gen zipfian_gen`

// ownEntropy accepts the method _entropy of a discrete distribution.
func ownEntropy(n *sym.Node) bool {
	of, name := method(n)
	return of != nil && discrete(of) && name == "_entropy"
}

// entropy is the state of the numpy.vectorize that a discrete distribution keeps:
// it calls the distribution's own method.
var entropy = record(map[string]shape{
	"pyfunc": ownEntropy, "cache": integer, "signature": none, "__name__": text, "_ufunc": either(none, dictOf(none, none)), "_doc": either(none, text), "__doc__": either(none, text),
	"otypes": either(none, text), "excluded": either(kinds(sym.Set), madeBy("builtins", "set")), "_in_and_out_core_dims": none,
})

var numpyScalar = either(madeIn("numpy.core.multiarray"), madeIn("numpy._core.multiarray"))

const continuous = `alpha_gen anglit_gen arcsine_gen argus_gen beta_gen betaprime_gen bradford_gen burr12_gen burr_gen cauchy_gen chi2_gen chi_gen cosine_gen
	crystalball_gen dgamma_gen dpareto_lognorm_gen dweibull_gen erlang_gen expon_gen exponnorm_gen exponpow_gen exponweib_gen f_gen fatiguelife_gen fisk_gen
	foldcauchy_gen foldnorm_gen gamma_gen gausshyper_gen genexpon_gen genextreme_gen gengamma_gen genhalflogistic_gen genhyperbolic_gen geninvgauss_gen
	genlogistic_gen gennorm_gen genpareto_gen gibrat_gen gilbrat_gen gompertz_gen gumbel_l_gen gumbel_r_gen halfcauchy_gen halfgennorm_gen halflogistic_gen
	halfnorm_gen hypsecant_gen invgamma_gen invgauss_gen invweibull_gen irwinhall_gen jf_skew_t_gen johnsonsb_gen johnsonsu_gen kappa3_gen kappa4_gen ksone_gen
	kstwo_gen kstwobign_gen landau_gen laplace_asymmetric_gen laplace_gen levy_gen levy_l_gen loggamma_gen logistic_gen loglaplace_gen lognorm_gen lomax_gen
	maxwell_gen mielke_gen moyal_gen nakagami_gen ncf_gen nct_gen ncx2_gen norm_gen norminvgauss_gen pareto_gen pearson3_gen powerlaw_gen powerlognorm_gen
	powernorm_gen rayleigh_gen rdist_gen recipinvgauss_gen reciprocal_gen rel_breitwigner_gen rice_gen semicircular_gen skew_norm_gen skewcauchy_gen skewnorm_gen
	studentized_range_gen t_gen trapezoid_gen trapz_gen frechet_l_gen frechet_r_gen triang_gen truncexpon_gen truncnorm_gen truncpareto_gen truncweibull_min_gen tukeylambda_gen uniform_gen
	vonmises_gen wald_gen weibull_max_gen weibull_min_gen wrapcauchy_gen`

// distribution is the state of a distribution: plain values under the names that
// its __init__ sets.
func distribution(n *sym.Node) bool {
	flat := either(none, number, text, numpyScalar)
	values := either(none, tupleOf(either(array, listOf(number), tupleOf(number))))
	made := record(map[string]shape{
		"moment_tol": number, "inc": flat, "values": values, "histogram": values, "density": either(none, integer),
		"momtype": integer, "a": flat, "b": flat, "xtol": number, "badvalue": flat, "name": either(none, text), "longname": either(none, text), "shapes": shapeList, "extradoc": either(none, text), "seed": none,
	})
	if fields(made, either(none, madeBy("numpy.random._pickle", "__randomstate_ctor"), madeBy("numpy.random", "__RandomState_ctor")))(n) {
		return true
	}
	return record(map[string]shape{
		"_stats_has_moments": kinds(sym.Bool), "_random_state": madeBy("numpy.random._pickle", "__randomstate_ctor"), "_ctor_param": made,
		"_rvs_uses_size_attribute": kinds(sym.Bool), "_rvs_size_warned": kinds(sym.Bool), "badvalue": flat, "name": text, "a": flat, "b": flat, "xtol": number,
		"moment_type": integer, "shapes": shapeList, "extradoc": either(none, text), "numargs": upToInt(16), "__doc__": either(none, text),
		"moment_tol": number, "inc": flat, "vecentropy": either(ownEntropy, built("numpy", "vectorize")), "xk": array, "pk": array, "qvals": array, "return_integers": integer,
		"_histogram": values, "_density": either(none, integer), "_hpdf": array, "_hcdf": array, "_hbins": array, "_hbin_widths": array,
		"_support": tupleOf(flat), "_parse_arg_template": argumentTemplate,
	})(n)
}

// shapeList accepts the names of shapes with commas between.
func shapeList(n *sym.Node) bool {
	return n.Kind == sym.None || shortText(n) && listedNames.MatchString(n.Text)
}

var listedNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,15}(, [A-Za-z][A-Za-z0-9_]{0,15}){0,8}$`)

var shapeNames = regexp.MustCompile(`^\ndef _parse_args\(self, ((?:[A-Za-z][A-Za-z0-9_]{0,15}, ){0,8}) (loc=0, scale=1|loc=0)\):\n`)

// argumentTemplate accepts the program that scipy makes of the names of shapes
// (parse_arg_template).
func argumentTemplate(n *sym.Node) bool {
	if !shortText(n) {
		return false
	}
	found := shapeNames.FindStringSubmatch(n.Text)
	if found == nil {
		return false
	}
	const template = "\ndef _parse_args(self, %s loc=0, scale=1):\n    return (%s), loc, scale\n" +
		"\ndef _parse_args_rvs(self, %s loc=0, scale=1, size=None):\n    return self._argcheck_rvs(%s loc, scale, size=size)\n" +
		"\ndef _parse_args_stats(self, %s loc=0, scale=1, moments='mv'):\n    return (%s), loc, scale, moments\n"
	want := strings.ReplaceAll(template, "%s", found[1])
	if found[2] == "loc=0" { // discrete ones have no scale
		want = strings.NewReplacer("loc=0, scale=1", "loc=0", "loc, scale", "loc, 1").Replace(want)
	}
	return n.Text == want
}
