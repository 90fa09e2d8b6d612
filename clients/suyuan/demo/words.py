"""Word lists of the demo world: places with their GB/T 2260 codes, people, companies, streets."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Town:
    """A county-level division. `region`: GB/T 2260, six digits; `dialling`: area code."""

    region: str
    province_zh: str
    name_zh: str
    province_en: str
    name_en: str
    dialling: str
    #: The city that company names begin with.
    city_zh: str
    city_en: str


def _town(text: str) -> Town:
    return Town(*text.split("|"))


#: Wheat country: mills, factories.
PLAINS: Final = tuple(
    map(
        _town,
        (
            "411102|河南省|漯河市源汇区|Henan|Yuanhui District|0395|漯河|Luohe",
            "411602|河南省|周口市川汇区|Henan|Chuanhui District|0394|周口|Zhoukou",
            "410725|河南省|新乡市原阳县|Henan|Yuanyang County|0373|新乡|Xinxiang",
            "410105|河南省|郑州市金水区|Henan|Jinshui District|0371|郑州|Zhengzhou",
            "130525|河北省|邢台市隆尧县|Hebei|Longyao County|0319|邢台|Xingtai",
            "130102|河北省|石家庄市长安区|Hebei|Chang'an District|0311|石家庄|Shijiazhuang",
            "370102|山东省|济南市历下区|Shandong|Lixia District|0531|济南|Jinan",
            "340111|安徽省|合肥市包河区|Anhui|Baohe District|0551|合肥|Hefei",
            "610113|陕西省|西安市雁塔区|Shaanxi|Yanta District|029|西安|Xi'an",
        ),
    )
)

#: Where goods are sold.
CITIES: Final = tuple(
    map(
        _town,
        (
            "110105|北京市|朝阳区|Beijing|Chaoyang District|010|北京|Beijing",
            "120112|天津市|津南区|Tianjin|Jinnan District|022|天津|Tianjin",
            "310115|上海市|浦东新区|Shanghai|Pudong New Area|021|上海|Shanghai",
            "320115|江苏省|南京市江宁区|Jiangsu|Jiangning District|025|南京|Nanjing",
            "320506|江苏省|苏州市吴中区|Jiangsu|Wuzhong District|0512|苏州|Suzhou",
            "330110|浙江省|杭州市余杭区|Zhejiang|Yuhang District|0571|杭州|Hangzhou",
            "330212|浙江省|宁波市鄞州区|Zhejiang|Yinzhou District|0574|宁波|Ningbo",
            "350104|福建省|福州市仓山区|Fujian|Cangshan District|0591|福州|Fuzhou",
            "360111|江西省|南昌市青山湖区|Jiangxi|Qingshanhu District|0791|南昌|Nanchang",
            "420111|湖北省|武汉市洪山区|Hubei|Hongshan District|027|武汉|Wuhan",
            "430111|湖南省|长沙市雨花区|Hunan|Yuhua District|0731|长沙|Changsha",
            "440106|广东省|广州市天河区|Guangdong|Tianhe District|020|广州|Guangzhou",
            "440305|广东省|深圳市南山区|Guangdong|Nanshan District|0755|深圳|Shenzhen",
            "450103|广西壮族自治区|南宁市青秀区|Guangxi|Qingxiu District|0771|南宁|Nanning",
            "500112|重庆市|渝北区|Chongqing|Yubei District|023|重庆|Chongqing",
            "510107|四川省|成都市武侯区|Sichuan|Wuhou District|028|成都|Chengdu",
            "530102|云南省|昆明市五华区|Yunnan|Wuhua District|0871|昆明|Kunming",
            "620102|甘肃省|兰州市城关区|Gansu|Chengguan District|0931|兰州|Lanzhou",
        ),
    )
)

#: Vegetable country.
GARDENS: Final = tuple(
    map(
        _town,
        (
            "370783|山东省|潍坊市寿光市|Shandong|Shouguang City|0536|寿光|Shouguang",
            "510182|四川省|成都市彭州市|Sichuan|Pengzhou City|028|彭州|Pengzhou",
            "310151|上海市|崇明区|Shanghai|Chongming District|021|上海崇明|Shanghai Chongming",
            "440118|广东省|广州市增城区|Guangdong|Zengcheng District|020|增城|Zengcheng",
        ),
    )
)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.split(":")[0], pair.split(":")[1]) for pair in text.split())


SURNAMES: Final = _pairs(
    "王:Wang 李:Li 张:Zhang 刘:Liu 陈:Chen 杨:Yang 赵:Zhao 黄:Huang 周:Zhou 吴:Wu 徐:Xu 孙:Sun 胡:Hu 朱:Zhu "
    "高:Gao 林:Lin 何:He 郭:Guo 马:Ma 罗:Luo 梁:Liang 宋:Song 郑:Zheng 谢:Xie 韩:Han 唐:Tang 冯:Feng 董:Dong"
)
GIVEN_NAMES: Final = _pairs(
    "建国:Jianguo 秀英:Xiuying 志强:Zhiqiang 丽娟:Lijuan 海燕:Haiyan 文博:Wenbo 晓梅:Xiaomei 国栋:Guodong "
    "雪琴:Xueqin 永刚:Yonggang 佳怡:Jiayi 明辉:Minghui 春兰:Chunlan 德才:Decai 思远:Siyuan 玉珍:Yuzhen "
    "立新:Lixin 慧敏:Huimin 振华:Zhenhua 静:Jing 磊:Lei 敏:Min 勇:Yong 芳:Fang 鹏飞:Pengfei 淑华:Shuhua"
)
BRANDS: Final = _pairs(
    "金穗:Jinsui 丰禾:Fenghe 瑞谷:Ruigu 华麦:Huamai 恒泰:Hengtai 德润:Derun 康和:Kanghe 福满:Fuman "
    "嘉禾:Jiahe "
    "天麓:Tianlu 远景:Yuanjing 润泽:Runze 百味:Baiwei 鼎盛:Dingsheng 和顺:Heshun 春晖:Chunhui 广源:Guangyuan "
    "新程:Xincheng 乐家:Lejia 惠民:Huimin 永信:Yongxin 同济:Tongji 众诚:Zhongcheng 安康:Ankang 禾田:Hetian "
    "清泉:Qingquan 绿野:Lüye 三和:Sanhe 正元:Zhengyuan 泰丰:Taifeng"
)
VILLAGES: Final = _pairs(
    "王家庄:Wangjiazhuang 柳树屯:Liushutun 石桥村:Shiqiao 东岗村:Donggang 杏花村:Xinghua 双河村:Shuanghe "
    "青龙村:Qinglong 沙坝村:Shaba 新民村:Xinmin 白塔村:Baita"
)
STREETS: Final = _pairs(
    "工业大道:Industrial_Avenue 人民路:Renmin_Road 解放路:Jiefang_Road 建设路:Jianshe_Road "
    "物流园路:Logistics_Park_Road "
    "文化路:Wenhua_Road 迎宾大道:Yingbin_Avenue 科技二路:Keji_2nd_Road 和平街:Heping_Street 滨河路:Binhe_Road"
)
#: Name zh, en.
LEAF_VEGETABLES: Final = _pairs(
    "上海青:Pak_choi 菠菜:Spinach 生菜:Lettuce 油麦菜:Indian_lettuce 空心菜:Water_spinach"
)
#: Generic name zh, en, form zh, strength.
MEDICINES: Final = (
    ("阿莫西林胶囊", "Amoxicillin Capsules", "0.25g×24粒/盒"),
    ("硝苯地平控释片", "Nifedipine Controlled-release Tablets", "30mg×7片/盒"),
    ("盐酸二甲双胍片", "Metformin Hydrochloride Tablets", "0.5g×20片/盒"),
    ("阿托伐他汀钙片", "Atorvastatin Calcium Tablets", "20mg×7片/盒"),
    ("头孢克肟分散片", "Cefixime Dispersible Tablets", "0.1g×6片/盒"),
)
