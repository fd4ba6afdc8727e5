// KGI 1 and KGI 2 in Squiggle, a language made for such estimates. Input and output as in kgi_numpy.py.
import { readFileSync } from "node:fs";
import { run } from "@quri/squiggle-lang";

const given = JSON.parse(readFileSync(0, "utf8"));
const years = 16;

/** Squiggle has no Student's t: normal over the root of chi-square by its degrees of freedom. */
function draw({ value, spread }) {
  const samples = (distribution) => `SampleSet.fromDist(${distribution})`;
  switch (spread.kind) {
    case "none":
      return `${value}`;
    case "uniform":
      return samples(`uniform(${spread.low}, ${spread.high})`);
    case "normal":
      return samples(`normal(${value}, ${spread.sd})`);
    case "student_t": {
      const chi = samples(`gamma(${spread.df / 2}, ${2 / spread.df})`);
      return `${value} + ${spread.scale} * ${samples("normal(0, 1)")} / ${chi} ^ 0.5`;
    }
    case "triangular":
      return samples(`triangular(${spread.low}, ${spread.mode}, ${spread.high})`);
    default:
      throw new Error(`spread ${spread.kind} is not known here: add it to draw()`);
  }
}

const input = (name) => draw(given.inputs[name]);
const program = `
sales = ${input("sales_large_firms[FY2024]")}
base = sales / (${input("concentration[FY2023]")})
growth = ((${input("meti_market[CY2050]")}) / (${input("meti_market[CY2020]")})) ^ (1 / 30) - 1
kgi1 = base * (1 + growth) ^ ${years}
rate = ${input("exchange_rate[CY2025]")}
surveyed = ${input("respondent_sales[FY2024]")}
ratio = (${input("domestic_investment_usd[FY2024]")}) * rate / surveyed
reached = surveyed + (${input("kgi2.nonresponse")}) * (base - surveyed)
domestic = ratio * (1 + ${input("kgi2.sampling_error")}) * reached
foreign = (${input("foreign_investment_usd[FY2024]")}) * rate
kgi2 = (domestic + foreign) * (1 + ${input("world_market_growth[CY2028]")}) ^ ${years}
at(y) = [quantile(y, 0.025), quantile(y, 0.5), quantile(y, 0.975)]
[at(kgi1), at(kgi2)]`;

const began = process.cpuUsage();
const { result } = await run(program, { environment: { sampleCount: given.draws, xyPointLength: 1000, seed: "1" } });
const { user, system } = process.cpuUsage(began);
if (!result.ok) throw new Error(result.value.toString());
const [kgi1, kgi2] = JSON.parse(result.value.result.toString());
console.log(JSON.stringify({ cpu_seconds: (user + system) / 1e6, quantiles: { kgi1, kgi2 } }));
