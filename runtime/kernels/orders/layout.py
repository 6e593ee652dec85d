"""Names of the columns of every table and state array of the order loop, and the codes that stand in them."""

from __future__ import annotations

INF = 9.0e15  # a time that never comes; still an exact integer

# --- one finest bar (bars[row, column]); prices in the market's units, times in ms
B_OPEN_TIME, B_CLOSE_TIME, B_OPEN, B_HIGH, B_LOW, B_CLOSE, B_SPREAD, B_KNOWN = range(8)
B_RATE_OPEN, B_RATE, B_RATE_NOW, B_SWAP_DAYS, B_SWAP_LONG, B_SWAP_SHORT = range(8, 14)
BAR_WIDTH = 14
# B_RATE_OPEN and B_RATE hold the last known rate; B_RATE_NOW is NaN where none is known at the close.

# --- markets: what never changes (mt) and what the last processed bar left behind (mf)
M_TICK, M_SLIP, M_CONTRACT, M_LOT_STEP, M_UNITS_MIN, M_UNITS_MAX, M_COMMISSION, M_MARGIN_RATE = range(8)
MARKET_WIDTH = 8
N_CLOSE, N_SPREAD, N_RATE, N_RATE_NOW, N_TIME, N_KNOWN = range(6)
MARK_WIDTH = 6

# --- plans: program (pt)
P_MARKET, P_LANE, P_SIDE, P_RULE0, P_ENTRY0, P_RULE1, P_LEG0, P_LEG1, P_ADD0, P_ADD1 = range(10)
P_COOLDOWN, P_COOLDOWN_CALENDAR, P_MAX, P_MAX_SPAN, P_MAX_CALENDAR, P_RING, P_ONCE, P_EXPIRES = range(10, 18)
P_STEPS, P_ALWAYS, P_CAPTURE0, P_CAPTURE1, P_CELL0, P_CELL1 = range(18, 24)
PLAN_WIDTH = 24

# --- plans: state (pf). The broker's side of the book first, then what only decisions read.
F_PHASE, F_ENTRY, F_FIRST, F_STOP, F_STOP_NEW, F_STOP_AT, F_TARGET, F_R, F_BEST, F_NEAR = range(10)
F_UNITS, F_UNITS_ALL, F_LEGS, F_OPENED, F_POSITION = range(10, 15)
F_CLOSE_AT, F_CLOSE_RULE, F_PARTS, F_ADDS = range(15, 19)
E_RULE, E_TIME, E_ACTIVE, E_ACTIVATED, E_VALID, E_ORDER, E_PRICE, E_UNITS = range(19, 27)
E_STOP_KIND, E_STOP, E_TARGET_KIND, E_TARGET, E_TAKES, E_MARGIN = range(27, 33)
F_LAST_EXIT, F_FILLS, F_HALT, F_AWAKE, F_FROZEN = range(33, 38)
PLAN_STATE = 38
FLAT, PENDING, OPEN = 0.0, 1.0, 2.0

# --- legs (lf)
L_UNITS, L_ENTRY, L_TARGET, L_RATE, L_TAKE, L_FRESH, L_REQUEST, L_REQUEST_AT, L_REQUEST_RULE, L_REQUEST_REASON = range(
    10
)
L_TAKE_KIND, L_TAKE_VALUE, L_TAKE_PERCENT, L_OPENED = range(10, 14)
LEG_WIDTH = 14
FRESH_OPEN, FRESH_LIMIT, FRESH_STOP = 1.0, 2.0, 3.0

# --- ADDs that wait for their fill (df), one slot per ADD action of a plan
D_UNITS, D_ACTIVE, D_TIME, D_RULE, D_MARGIN = range(5)
ADD_WIDTH = 5

# --- rules: program (rt) and state (rf); a guard g has R_PLAN = -1 - g
R_PLAN, R_NUMBER, R_HOISTED, R_RESIDUAL, R_LITERAL0, R_LITERAL1, R_PROGRAM0, R_PROGRAM1 = range(8)
R_ACTION0, R_ACTION1, R_EDGE, R_POSITIONAL, R_ENTRY, R_WAKE, R_LANE = range(8, 15)
RULE_WIDTH = 15
NO_RESIDUAL, LITERALS, PROGRAM, STATEFUL = 0, 1, 2, 3
WAKE_NEVER, WAKE_EDGE, WAKE_TRUE = 0, 1, 2
T_LAST, T_PREVIOUS, T_UNTIL, T_BLOCKED = range(4)  # truths: -1 none, 0 FALSE, 1 UNKNOWN, 2 TRUE
RULE_STATE = 4
NO_TRUTH = -1.0

# --- guards (gt)
G_RULE0, G_RULE1, G_ALWAYS = range(3)
GUARD_WIDTH = 3

# --- flat literals `operand comparison operand` (lt, scales in lk)
X_LEFT, X_LEFT_INDEX, X_COMPARE, X_RIGHT, X_RIGHT_INDEX = range(5)
LITERAL_WIDTH = 5
K_CONSTANT, K_POSITION, K_COLUMN, K_CAPTURE, K_PROGRAM = range(5)
C_LT, C_LE, C_GT, C_GE, C_EQ, C_NE = range(6)
Q_ENTRY, Q_STOP, Q_SIZE, Q_PROFIT, Q_BEST, Q_HELD, Q_SIDE, Q_R = range(8)

# --- actions (at, percent in ap)
A_CODE, A_SPAN, A_CALENDAR, A_OPERAND, A_INDEX, A_PROGRAM0, A_PROGRAM1, A_ADD = range(8)
ACTION_WIDTH = 8
DO_CLOSE, DO_CLOSE_PART, DO_ADD, DO_MOVE_STOP, DO_CANCEL, DO_HALT, DO_FLATTEN, DO_ALERT = range(8)
NO_CALENDAR, DAY, WEEK = 0, 1, 2

# --- entries (et, size in es) and their TAKEs (tt, percent in tp)
Y_SIDE, Y_SIZE_KIND, Y_ORDER, Y_PRICE, Y_VALID, Y_VALID_CALENDAR = range(6)
Y_STOP_KIND, Y_STOP, Y_TARGET_KIND, Y_TARGET, Y_TAKE0, Y_TAKE1 = range(6, 12)
ENTRY_WIDTH = 12
RISK_PERCENT, RISK_MONEY, LOTS = 0, 1, 2
MARKET, LIMIT, STOP = 0, 1, 2
NO_LEVEL, PRICE, DISTANCE, PERCENT, R_MULTIPLE = -1, 0, 1, 2, 3

# --- stack programs (ot = operation and index, ok = constant)
(
    O_CONSTANT,
    O_COLUMN,
    O_TRUTH,
    O_POSITION,
    O_CAPTURE,
    O_STATISTIC,
    O_READING,
    O_ADD,
    O_SUB,
    O_MUL,
    O_DIV,
    O_NEG,
    O_ABS,
    O_MIN,
    O_MAX,
    O_COMPARE,
    O_AND,
    O_OR,
    O_NOT,
    O_KNOWN,
    O_FOR,
    O_WITHIN,
    O_BECAME,
) = range(23)
STACK = 64  # deepest stack of a program; the builder refuses deeper ones

# --- account (af), settings (cf), account statistics (st program, sf state; times and equities in ring)
W_BALANCE, W_EQUITY, W_HALT, W_POSITIONS, W_PEAK, W_FALL, W_FALL_PERCENT, W_SAMPLED, W_MARGIN, W_DIRTY = range(10)
ACCOUNT_WIDTH = 10
V_NETTING, V_MAX_AGE, V_STOP_OUT, V_LIVE_FROM, V_RECORD_MOVES, V_SAMPLE, V_INITIAL = range(7)
SETTINGS_WIDTH = 7
S_KIND, S_SPAN, S_CALENDAR, S_RING, S_CAPACITY = range(5)
STATISTIC_WIDTH = 5
DRAWDOWN, LOSS, LOSS_RATE, EQUITY, BALANCE = range(5)
Z_HEAD, Z_COUNT, Z_PEAK, Z_START, Z_BOUNDARY, Z_LAST, Z_VALUE = range(7)
STATISTIC_STATE = 7

# --- cursors: lanes (lc, the guards' lane last), markets (mc), and the driver's own (dc)
U_START, U_NEXT, U_END = range(3)
H_KEY, H_OUT = range(2)

# --- events out
EV_TIME, EV_TYPE, EV_PLAN, EV_RULE, EV_LEG, EV_PRICE, EV_UNITS, EV_PROFIT, EV_COMMISSION, EV_REASON = range(10)
EV_POSITION, EV_SPREAD, EV_KNOWN, EV_RATE, EV_A, EV_B = range(10, 16)
EVENT_WIDTH = 16
TYPE_DECISION, TYPE_FILL, TYPE_ALERT, TYPE_HALT, TYPE_EQUITY, TYPE_SWAP = range(6)
# what a decision was about (EV_LEG of a decision row)
ABOUT_ENTRY, ABOUT_ADD, ABOUT_CLOSE, ABOUT_STOP, ABOUT_CANCEL = range(5)
(
    SENT,
    EXPIRED,
    HALTED,
    ONCE,
    COOLDOWN,
    MAX_COUNT,
    UNKNOWN_LEVEL,
    NO_RATE,
    STOP_WRONG_SIDE,
    TARGET_WRONG_SIDE,
    TOO_SMALL,
    MARGIN,
    IN_POSITION,
    CLOSING,
    LATE,
    BEYOND_STOP,
    CANCELLED,
    STOP_PASSED,
) = range(18)
FILL_ENTRY, FILL_ADD, FILL_STOP, FILL_TARGET, FILL_TAKE, FILL_CLOSE, FILL_STOP_OUT = range(7)
